import { createHash, randomBytes } from 'node:crypto';
import { isRecord } from '../../src/json';
import { type Answer, ask, describe, type Edges } from './ask';
import { type Finding, failed, notChecked, ok, quote } from './finding';

/** Where both the connection and the trusted URLs are. */
const CONSOLE_PAGE = 'https://console.twilio.com/us1/develop/flex/users-and-access/single-sign-on';

/** Nobody's: names under `.invalid` never exist. */
const NOBODYS_PAGE = 'https://npm-run-doctor.invalid/login.html';

/** The single sign-on of an account. */
export interface Connection {
  readonly clientId: string;
  readonly ssoProfileSid: string;
}

export interface SignOnCheck {
  readonly finding: Finding;
  readonly answer?: Answer;
  readonly connection?: Connection;
}

/** The host that the Flex SDK signs in at; it has regions, but no edges. */
const servicesHost = (region?: string) =>
  ['services', region === 'us1' ? undefined : region, 'twilio.com'].filter(Boolean).join('.');

/** The account has an active single sign-on configuration. Anybody may ask that: the page does, before somebody signs in. */
export async function checkSignOn(edges: Edges, accountSid: string, region?: string): Promise<SignOnCheck> {
  const query = `AccountSid=${accountSid}&FlexInstanceSid=&RuntimeDomain=&SSOProfileSid=&AppType=SinglePageApp`;
  const answer = await ask(edges, `https://${servicesHost(region)}/v1/Flex/Authentication/Config?${query}`);
  const list = isRecord(answer.json) ? answer.json.config_list : undefined;
  if (answer.status !== 200 || !Array.isArray(list)) {
    return {
      finding: notChecked(`Single sign-on: Twilio answered ${describe(answer)}. Try again in a moment.`),
      answer,
    };
  }
  const active = list.find((entry) => isRecord(entry) && entry.active === true);
  if (!isRecord(active) || typeof active.connection_name !== 'string' || typeof active.client_id !== 'string') {
    const what = list.length === 0 ? 'has no connection' : 'has a connection, but none is active';
    return { finding: failed(`Single sign-on: the account ${what}. Activate one at ${CONSOLE_PAGE}`), answer };
  }
  const connection = { ssoProfileSid: active.connection_name, clientId: active.client_id };
  return {
    finding: ok(`Single sign-on: there is an active connection, ${connection.ssoProfileSid}.`),
    answer,
    connection,
  };
}

/**
 * Twilio trusts the page's URL, so that it sends people back there. Twilio does not document how it refuses one, so the answer is
 * held against the one for a page that is certainly not trusted.
 */
export async function checkRedirectUrl(
  edges: Edges,
  page: string,
  connection: Connection,
  region?: string,
): Promise<Finding> {
  const authorize = (redirectUrl: string) => ask(edges, authorizeUrl(connection, redirectUrl, region));
  const [own, nobodys] = await Promise.all([authorize(page), authorize(NOBODYS_PAGE)]);
  const refusal = refusalIn(own);
  if (refusal !== undefined && /redirect|trust|url|domain/i.test(refusal)) {
    return failed(`Redirect URL: Twilio refuses ${page} (${refusal}). Add it under Trusted URLs at ${CONSOLE_PAGE}`);
  }
  if (refusal !== undefined || own.status >= 500) {
    return notChecked(
      `Redirect URL: could not tell whether ${page} is trusted. Twilio answered ${describe(own)}. See that it is under Trusted URLs at ${CONSOLE_PAGE}`,
    );
  }
  if (refusalIn(nobodys) === undefined) {
    return notChecked(
      `Redirect URL: could not tell whether ${page} is trusted, since Twilio answers alike for a page that is not. Sign in there once to find out.`,
    );
  }
  return ok(`Redirect URL: ${page} looks trusted. Twilio begins a sign-in for it, and refuses one for another page.`);
}

/** As `getLoginDetails` of the Flex SDK 3.0.0 makes it, for a sign-in that nobody will finish. */
export function authorizeUrl({ clientId, ssoProfileSid }: Connection, redirectUrl: string, region?: string): string {
  const state = { connection_name: clientId, redirect_url: redirectUrl };
  const query = new URLSearchParams({
    redirectUrl,
    nonce: randomBytes(32).toString('base64url'),
    codeChallenge: createHash('sha256').update(randomBytes(32)).digest('base64url'),
    state: Buffer.from(JSON.stringify(state)).toString('base64url'),
    ssoProfileSid,
  });
  return `https://${servicesHost(region)}/v1/Flex/Authorize?${query}`;
}

/** What Twilio says where it does not go on to the identity provider: in the answer itself, or in an `error` of its redirect. */
function refusalIn(answer: Answer): string | undefined {
  const location = answer.headers.get('location');
  if (location !== null && URL.canParse(location)) {
    const { searchParams } = new URL(location);
    const error = [searchParams.get('error'), searchParams.get('error_description')].filter(Boolean).join(': ');
    if (error !== '') return quote(error);
  }
  return answer.status >= 400 && answer.status < 500 ? describe(answer) : undefined;
}

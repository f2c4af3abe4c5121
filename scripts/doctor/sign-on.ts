import { createHash, randomBytes } from 'node:crypto';
import { isRecord } from '../../src/json';
import type { Examination } from './examination';
import { type Finding, failed, notChecked, ok, quote } from './finding';
import { describe, type Received } from './send';

/** Both the connection and the trusted URLs are there. */
const CONSOLE_PAGE = 'https://console.twilio.com/us1/develop/flex/users-and-access/single-sign-on';

/** Never trusted: names under `.invalid` do not exist. */
const UNTRUSTED_PAGE = 'https://npm-run-doctor.invalid/login.html';

/** What a sign-in URL says about the account's connection. */
interface SsoConnection {
  readonly clientId: string;
  readonly ssoProfileSid: string;
}

/** Checks that single sign-on has an active connection, as the page does before each sign-in. It requires no credentials. */
export async function checkSignOn({ signOn }: Examination): Promise<Finding> {
  const response = await signOn();
  if (!response) return notChecked('the account is unknown: neither /config nor .env names one.');
  const list = connectionsIn(response);
  if (!list) return notChecked(`Twilio returned ${describe(response)}. Retry in a moment.`);
  const connection = activeConnection(response);
  if (connection) return ok(`there is an active connection, ${connection.ssoProfileSid}.`);
  const what = list.length === 0 ? 'no connection' : 'a connection, but no active one';
  return failed(`the account has ${what}. Activate one at ${CONSOLE_PAGE}`);
}

const connectionsIn = ({ status, json }: Received): readonly unknown[] | undefined =>
  status === 200 && isRecord(json) && Array.isArray(json.config_list) ? json.config_list : undefined;

function activeConnection(response: Received): SsoConnection | undefined {
  const active = connectionsIn(response)?.find((entry) => isRecord(entry) && entry.active === true);
  if (!isRecord(active) || typeof active.connection_name !== 'string' || typeof active.client_id !== 'string') {
    return undefined;
  }
  return { ssoProfileSid: active.connection_name, clientId: active.client_id };
}

/**
 * Checks that Twilio trusts the page's URL, and so sends people back there. Twilio does not document how it refuses a URL, so the
 * response is compared with the one for a page that is certainly not trusted.
 */
export async function checkRedirectUrl(examination: Examination): Promise<Finding> {
  const { signOn, sendToTwilio, servicesHost, pageUrl } = examination;
  const response = await signOn().catch(() => undefined);
  const connection = response && activeConnection(response);
  if (!connection) return notChecked('this requires an active single sign-on connection.');
  const host = await servicesHost();
  const [own, untrusted] = await Promise.all(
    [pageUrl, UNTRUSTED_PAGE].map((redirectUrl) => sendToTwilio(authorizeUrl(connection, redirectUrl, host))),
  );
  const refusal = own && refusalIn(own);
  if (refusal !== undefined && /redirect|trust|url|domain/i.test(refusal)) {
    return failed(`Twilio refuses ${pageUrl} (${refusal}). Add it to Trusted URLs at ${CONSOLE_PAGE}`);
  }
  if (!own || refusal !== undefined || own.status >= 500) {
    return notChecked(
      `could not tell whether ${pageUrl} is trusted: Twilio returned ${own && describe(own)}. Look for it in Trusted URLs at ${CONSOLE_PAGE}`,
    );
  }
  if (!untrusted || refusalIn(untrusted) === undefined) {
    return notChecked(
      `could not tell whether ${pageUrl} is trusted: Twilio returns the same for a page that is not. Sign in there once to find out.`,
    );
  }
  return ok(`${pageUrl} looks trusted. Twilio starts a sign-in for it, and refuses one for another page.`);
}

/** Returns the URL that `getLoginDetails` of the Flex SDK 3.0.0 would, for a sign-in that is never finished. */
export function authorizeUrl({ clientId, ssoProfileSid }: SsoConnection, redirectUrl: string, host: string): string {
  const state = { connection_name: clientId, redirect_url: redirectUrl };
  const query = new URLSearchParams({
    redirectUrl,
    nonce: randomBytes(32).toString('base64url'),
    codeChallenge: createHash('sha256').update(randomBytes(32)).digest('base64url'),
    state: Buffer.from(JSON.stringify(state)).toString('base64url'),
    ssoProfileSid,
  });
  return `https://${host}/v1/Flex/Authorize?${query}`;
}

/** Returns Twilio's reason if it does not go on to the identity provider: in the response itself, or in an `error` of its redirect. */
function refusalIn(response: Received): string | undefined {
  const location = response.headers.get('location');
  if (location !== null && URL.canParse(location)) {
    const { searchParams } = new URL(location);
    const error = [searchParams.get('error'), searchParams.get('error_description')].filter(Boolean).join(': ');
    if (error !== '') return quote(error);
  }
  return response.status >= 400 && response.status < 500 ? describe(response) : undefined;
}

import { once } from 'es-toolkit';
import * as v from 'valibot';
import { ConfigSchema } from '../../build/openapi/schemas';
import type { Variables } from '../../local/twilio-run';
import { parseHostLabel } from '../../src/settings/host-label';
import { isLocalhost } from '../../src/settings/origin';
import { isAccountSid } from '../../src/settings/sids';
import type { CliDeploy } from './cli-account';
import { type Outside, type Send, sender } from './send';

/** What to examine. */
export interface ExaminationSubject {
  /** The origin of the service. */
  readonly service: string;
  /** Origins whose pages need the service, besides those that it lists. */
  readonly origins: readonly string[];
  /** The settings of `.env`. */
  readonly variables: Variables;
  /** A token of the identity provider, to check against the rules. */
  readonly token?: string | undefined;
  readonly cliDeploy?: CliDeploy;
}

// A later version of the service may return more.
const LenientConfigSchema = v.object(ConfigSchema.entries);

/** Returns the sandbox that a page of `npm start` may send requests to. */
export const sandboxIn = (html: string): string | undefined =>
  /connect-src 'self' (http:\/\/127\.0\.0\.1:\d+) https/.exec(html)?.[1];

export type Examination = ReturnType<typeof createExamination>;

/** Adds to the subject what several checks need to know about it. Each of its requests is sent once. */
export function createExamination(outside: Outside, subject: ExaminationSubject) {
  const { service, variables } = subject;
  const send = sender(outside);
  const pageUrl = `${service}/login.html`;
  const config = once(() => send(`${service}/config`));
  const page = once(() => send(pageUrl));
  /** The body of `/config`, if it is valid. */
  const configBody = once(async () => {
    const response = await config().catch(() => undefined);
    const parsed = v.safeParse(LenientConfigSchema, response?.json);
    return response?.status === 200 && parsed.success ? parsed.output : undefined;
  });
  /** The origin of the sandbox that the page signs in at. A page from another machine is not believed. */
  const sandbox = once(async () => {
    const response = isLocalhost(new URL(service).host) ? await page().catch(() => undefined) : undefined;
    return response && sandboxIn(response.text);
  });
  /** Sends a request to a host of Twilio, or to the sandbox instead. Not for credentials: those of `.env` are not the sandbox's. */
  const sendToTwilio: Send = async (url, init) => send(url.replace(/^https:\//, (await sandbox()) ?? 'https:/'), init);
  /** The host that the Flex SDK signs in at. It has regions, but no edges. */
  const servicesHost = async () => {
    const body = await configBody();
    const region = parseHostLabel(body ? body.region : variables.TWILIO_REGION);
    return ['services', region === 'us1' ? undefined : region, 'twilio.com'].filter(Boolean).join('.');
  };
  /** The account's single sign-on configuration, if the account is known. */
  const signOn = once(async () => {
    const accountSid = (await configBody())?.account_sid ?? variables.ACCOUNT_SID;
    if (!isAccountSid(accountSid)) return undefined;
    const query = `AccountSid=${accountSid}&FlexInstanceSid=&RuntimeDomain=&SSOProfileSid=&AppType=SinglePageApp`;
    return sendToTwilio(`https://${await servicesHost()}/v1/Flex/Authentication/Config?${query}`);
  });
  const { limitMs } = outside;
  return { ...subject, limitMs, send, sendToTwilio, pageUrl, config, page, configBody, sandbox, servicesHost, signOn };
}

import { isRecord } from '../../src/json';
import { isLocalhost, parseOrigin } from '../../src/settings/origin';
import { readAllowedOrigins } from '../../src/settings/settings';
import type { Examination } from './examination';
import { type Finding, failed, notChecked, ok, quote, warning } from './finding';
import { describe, errorIn, NoResponse, type Received } from './send';

const REDEPLOY = 'Deploy again with `npm run deploy`.';

/** Checks that `GET /config` responds in its documented shape. */
export async function checkConfig({ config, configBody }: Examination): Promise<Finding> {
  let response: Received;
  try {
    response = await config();
  } catch (error) {
    if (!(error instanceof NoResponse)) throw error;
    return failed(
      `${error.message}. Start the service, or pass its URL: npm run doctor -- https://your-service.twil.io`,
    );
  }
  const body = await configBody();
  if (body) {
    const { account_sid, region, edge } = body;
    const place = [region && `, region ${region}`, edge && `, edge ${edge}`].filter(Boolean).join('');
    return ok(`it responds for account ${account_sid}${place}.`);
  }
  if (isMisconfigured(response)) return failed(`${errorIn(response)?.message} Fix .env, then deploy or restart.`);
  const isJson = response.status === 200 && response.json !== undefined;
  const what = isJson ? 'JSON that this project does not return' : describe(response);
  return failed(`it returned ${what}. Check the URL of the service, or deploy again with \`npm run deploy\`.`);
}

const isMisconfigured = (response: Received): boolean => errorIn(response)?.code === 'misconfigured';

/** Checks that the page and its scripts are served, and were built for the account of the service. */
export async function checkPage({ send, page, pageUrl, configBody }: Examination): Promise<Finding> {
  const response = await page();
  const accountSid = (await configBody())?.account_sid;
  const scripts = [...response.text.matchAll(/<script\b[^>]*\bsrc="([^"]+)"/g)].map(([, source]) => source ?? '');
  if (response.status !== 200 || scripts.length === 0) {
    return failed(`${describe(response)} instead of the page. ${REDEPLOY}`);
  }
  for (const source of scripts) {
    const script = await send(new URL(source, pageUrl).href);
    if (script.status !== 200 || !/javascript/.test(script.headers.get('content-type') ?? '')) {
      return failed(`it is served, but its script ${source} is not: ${describe(script)}. ${REDEPLOY}`);
    }
    const other = script.text.match(/\bAC[0-9a-f]{32}\b/gi)?.find((sid) => sid !== accountSid);
    if (accountSid !== undefined && other !== undefined) {
      return failed(
        `it was built for account ${other}, but the service runs in ${accountSid}. Set ACCOUNT_SID in .env to the latter, then deploy again.`,
      );
    }
  }
  return ok('the page and its script are served.');
}

const MISCONFIGURED = notChecked('the service is misconfigured, as /config says.');

/** `POST /lookup` without a right to it. Changes nothing. */
const lookUp = ({ send, service }: Examination, headers: Readonly<Record<string, string>> = {}): Promise<Received> =>
  send(`${service}/lookup`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: '{}',
  });

/** Checks that a caller without a credential is refused. */
export async function checkAnonymousCaller(examination: Examination): Promise<Finding> {
  const response = await lookUp(examination);
  if (response.status === 401 && errorIn(response)?.code === 'missing_credentials') {
    return ok('they respond, and refuse a caller without a credential (401 missing_credentials).');
  }
  if (isMisconfigured(response)) return MISCONFIGURED;
  return failed(
    `/lookup without a credential returned ${describe(response)} instead of 401 missing_credentials. ${REDEPLOY}`,
  );
}

/** Has the form of a Flex token, but was never issued. */
const INVALID_TOKEN = `${Buffer.from('{"alg":"dir","enc":"A256GCM"}').toString('base64url')}..aW52YWxpZA.aW52YWxpZA.aW52YWxpZA`;

/** Checks that Twilio accepts the credentials of the service: if it rejects an invalid token as invalid, it could reach Twilio. */
export async function checkServiceCredentials(examination: Examination): Promise<Finding> {
  const response = await lookUp(examination, { Authorization: `Bearer ${INVALID_TOKEN}` });
  if (response.status === 401 && errorIn(response)?.code === 'invalid_token') {
    return ok('they work: the service had Twilio validate an invalid token (401 invalid_token).');
  }
  if (isMisconfigured(response)) return MISCONFIGURED;
  const { json } = response;
  const upstream = isRecord(json) && isRecord(json.upstream) ? json.upstream.status : undefined;
  const next =
    upstream === 401 || upstream === 403
      ? 'Check API_KEY and API_SECRET in .env (or AUTH_TOKEN if the service runs locally), then deploy or restart.'
      : "Retry in a moment; if it persists, see https://status.twilio.com and the service's log.";
  return failed(`${describe(response)}. ${next}`);
}

/** Checks that pages of the listed and the requested origins can read responses, errors included. */
export async function checkOrigins(examination: Examination): Promise<readonly Finding[]> {
  const listed = (await examination.configBody())?.allowed_origins ?? [];
  const origins = [...new Set([...examination.origins, ...listed])];
  return Promise.all(origins.map((origin) => checkOrigin(examination, origin, listed.includes(origin))));
}

async function checkOrigin(examination: Examination, origin: string, isListed: boolean): Promise<Finding> {
  if (origin === examination.service) return ok(`${origin} is the service itself, which need not be listed.`);
  if (parseOrigin(origin) !== origin) {
    return failed(
      `ALLOWED_ORIGINS has ${quote(origin)}, which is not an origin. Use scheme, host and port, without a path or *.`,
    );
  }
  const allowed = await allowedOrigin(examination, origin);
  if (allowed !== origin && allowed !== '*') {
    const next = readAllowedOrigins(examination.variables).includes(origin)
      ? 'It is in ALLOWED_ORIGINS in .env: deploy or restart.'
      : 'Add it to ALLOWED_ORIGINS in .env, then deploy or restart.';
    return failed(`pages of ${origin} cannot read responses. ${next}`);
  }
  const fact = `pages of ${origin} can read responses (${isListed ? 'listed' : 'not listed'} in ALLOWED_ORIGINS)`;
  const { protocol, host } = new URL(origin);
  if (protocol === 'http:' && !isLocalhost(host)) {
    return warning(`${fact}, but are served without TLS, so anyone on the network can change them. Use https.`);
  }
  return ok(`${fact}.`);
}

/** Never listed, and recognizable in the service's log. */
const UNLISTED_ORIGIN = 'https://npm-run-doctor.invalid';

/** Checks that pages of other origins cannot read responses. */
export async function checkOtherOrigins(examination: Examination): Promise<Finding> {
  const allowed = await allowedOrigin(examination, UNLISTED_ORIGIN);
  if (allowed === null) return ok('pages that ALLOWED_ORIGINS does not list cannot read responses.');
  return failed(
    `any page can read responses (Access-Control-Allow-Origin: ${allowed}). This project never sends that: look for a proxy in front of the service.`,
  );
}

const allowedOrigin = async (examination: Examination, origin: string): Promise<string | null> =>
  (await lookUp(examination, { Origin: origin })).headers.get('access-control-allow-origin');

import { isRecord } from '../../src/json';
import { type Answer, ask, describe, type Edges, errorIn } from './ask';
import { isMisconfigured } from './config';
import { type Finding, failed, notChecked, ok } from './finding';

/** Of the form of a Flex token, and nobody's. */
const MADE_UP_TOKEN = `${Buffer.from('{"alg":"dir","enc":"A256GCM"}').toString('base64url')}..bmVpdGhlciBh.bm9y.dG9rZW4gb2YgYW55Ym9k`;

const MISCONFIGURED = 'the service is not set up yet, as /config says.';

/** `POST /lookup`, which changes nothing, by somebody who has no right to it. */
export const lookUp = (edges: Edges, service: string, headers: Record<string, string> = {}): Promise<Answer> =>
  ask(edges, `${service}/lookup`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: '{}',
  });

/** Who shows no credential is refused. */
export async function checkStrangers(edges: Edges, service: string): Promise<Finding> {
  const answer = await lookUp(edges, service);
  if (answer.status === 401 && errorIn(answer)?.code === 'missing_credentials') {
    return ok('The Functions answer, and refuse who shows no credential (401 missing_credentials).');
  }
  if (isMisconfigured(answer)) return notChecked(`The Functions: ${MISCONFIGURED}`);
  return failed(
    `The Functions: /lookup without a credential should be 401 missing_credentials, but is ${describe(answer)}. Deploy again with \`npm run deploy\`.`,
  );
}

/**
 * Twilio takes the credentials that the service itself uses. To find that out, a token that was made up is shown: where the service
 * says that it is not valid, it could ask Twilio.
 */
export async function checkServiceCredentials(edges: Edges, service: string): Promise<Finding> {
  const answer = await lookUp(edges, service, { Authorization: `Bearer ${MADE_UP_TOKEN}` });
  const error = errorIn(answer);
  if (answer.status === 401 && error?.code === 'invalid_token') {
    return ok('The service’s own credentials work: it has asked Twilio about a made-up token (401 invalid_token).');
  }
  if (isMisconfigured(answer)) return notChecked(`The service’s own credentials: ${MISCONFIGURED}`);
  const upstream = isRecord(answer.json) && isRecord(answer.json.upstream) ? answer.json.upstream.status : undefined;
  const next =
    upstream === 401 || upstream === 403
      ? 'Check API_KEY and API_SECRET in .env, or, where the service runs locally, AUTH_TOKEN; then deploy or start again.'
      : 'Try again in a moment; if it stays, look at https://status.twilio.com and at the service’s log.';
  return failed(`The service’s own credentials: ${describe(answer)}. ${next}`);
}

import { ApiError } from '../errors';
import type { Settings } from '../settings/settings';
import { credentialsRefused, refusalOf, twilioTrouble, undocumented } from './answers';
import { fetchWhole, type TwilioAnswer, type TwilioCall } from './call';

export interface FlexRequest {
  readonly path: string;
  /** What is posted as JSON; without it, it is a GET. It is asked for at each attempt, for what changes while time passes. */
  readonly body?: () => unknown;
  /** What a refusal of this request means, where it means something of its own. */
  readonly whyRefused?: (answer: TwilioAnswer) => ApiError | undefined;
}

/**
 * One request to `flex-api.twilio.com`, with our credentials.
 *
 * @returns an answer of status 2xx; its body is not looked at
 * @throws {ApiError} for everything else that Twilio may answer, or if it does not
 */
export async function flexRequest(settings: Settings, twilio: TwilioCall, request: FlexRequest): Promise<TwilioAnswer> {
  const url = `https://${flexApiHost(settings)}${request.path}`;
  const answer = await twilio.request((limitMs) => {
    const json = request.body && JSON.stringify(request.body());
    const headers = {
      Accept: 'application/json',
      Authorization: basicAuthorization(settings),
      ...(json !== undefined && { 'Content-Type': 'application/json' }),
    };
    return fetchWhole(url, json === undefined ? { headers } : { method: 'POST', headers, body: json }, limitMs);
  });
  // What is below 200 is not the end of an answer, so `fetch` never gives it.
  if (answer.status < 300) return answer;
  throw request.whyRefused?.(answer) ?? whyRefused(answer);
}

/** `flex-api[.edge][.region].twilio.com`; an edge without a region leads to us1, as in Twilio's own helper libraries. */
export function flexApiHost({ edge, region }: Pick<Settings, 'edge' | 'region'>): string {
  return ['flex-api', edge, region ?? (edge && 'us1'), 'twilio.com'].filter((label) => label !== undefined).join('.');
}

/** The header that shows the credentials to Twilio: a secret. */
export function basicAuthorization({ accountSid, credentials }: Settings): string {
  const pair =
    credentials.kind === 'api-key'
      ? `${credentials.sid}:${credentials.secret}`
      : `${accountSid}:${credentials.authToken}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

/** What a refusal means whatever was asked. */
function whyRefused(answer: TwilioAnswer): ApiError {
  switch (answer.status) {
    case 401:
    case 403:
      return credentialsRefused(answer);
    case 429:
      return new ApiError('rate_limited', 'Twilio is asked too often at the moment. Try again later.', {
        upstream: refusalOf(answer),
        retryAfter: answer.retryAfter,
      });
    default:
      return answer.status >= 500 ? twilioTrouble(answer) : undocumented(answer, 'status');
  }
}

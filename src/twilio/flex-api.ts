import { ApiError } from '../errors';
import type { Settings } from '../settings/settings';
import type { UpstreamCall } from '../upstream/call';
import { fetchWhole } from '../upstream/fetch';
import type { UpstreamResponse } from '../upstream/response';
import { credentialsRefused, refusalOf, twilioFailing, undocumented } from './responses';

export interface FlexRequest {
  readonly path: string;
  /** Returns the JSON to post; without it, the request is a GET. Called for each attempt, for values that change over time. */
  readonly body?: () => unknown;
  /**
   * Explains a refusal that has a special meaning for this request.
   *
   * @param mayBeDone whether an earlier attempt may have had its effect: it got no response, or the status of a gateway
   */
  readonly whyRefused?: (response: UpstreamResponse, mayBeDone: boolean) => ApiError | undefined;
}

/**
 * Sends a request to `flex-api.twilio.com`, with the credentials of the service.
 *
 * @returns a response with status 2xx, its body unchecked
 * @throws {ApiError} for every other response, or if there is none
 */
export async function flexRequest(
  settings: Settings,
  call: UpstreamCall,
  request: FlexRequest,
): Promise<UpstreamResponse> {
  const url = `https://${flexApiHost(settings)}${request.path}`;
  let mayBeDone = false;
  const response = await call.request('Twilio', async (limitMs) => {
    const json = request.body && JSON.stringify(request.body());
    const headers = {
      Accept: 'application/json',
      Authorization: basicAuthorization(settings),
      ...(json !== undefined && { 'Content-Type': 'application/json' }),
    };
    const init = json === undefined ? { headers } : { method: 'POST', headers, body: json };
    const answered = await fetchWhole(url, init, limitMs).catch((error: unknown) => {
      mayBeDone = true;
      throw error;
    });
    mayBeDone ||= answered.status >= 500;
    return answered;
  });
  // `fetch` never returns a status below 200.
  if (response.status < 300) return response;
  throw request.whyRefused?.(response, mayBeDone) ?? whyRefused(response);
}

/** `flex-api[.edge][.region].twilio.com`; an edge without a region means us1, as in Twilio's helper libraries. */
export function flexApiHost({ edge, region }: Pick<Settings, 'edge' | 'region'>): string {
  return ['flex-api', edge, region ?? (edge && 'us1'), 'twilio.com'].filter((label) => label !== undefined).join('.');
}

/** Returns the Authorization header for Twilio: a secret. */
export function basicAuthorization({ accountSid, credentials }: Settings): string {
  const pair =
    credentials.kind === 'api-key'
      ? `${credentials.sid}:${credentials.secret}`
      : `${accountSid}:${credentials.authToken}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

/** Explains a refusal of any request. */
function whyRefused(response: UpstreamResponse): ApiError {
  switch (response.status) {
    case 401:
    case 403:
      return credentialsRefused(response);
    case 429:
      return new ApiError(
        'rate_limited',
        'Twilio received too many requests. Retry later: after the time in Retry-After, if present.',
        {
          upstream: refusalOf(response),
          retryAfter: response.retryAfter,
        },
      );
    default:
      return response.status >= 500 ? twilioFailing(response) : undocumented(response, 'status');
  }
}

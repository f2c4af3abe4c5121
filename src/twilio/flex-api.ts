import { ApiError } from '../errors';
import type { Settings } from '../settings/settings';
import type { UpstreamCall } from '../upstream/call';
import { fetchWhole } from '../upstream/fetch';
import type { UpstreamResponse } from '../upstream/response';
import { credentialsRefused, refusalOf, twilioFailing, undocumented } from './responses';

export interface FlexRequest {
  readonly path: string;
  /** What is posted as JSON; without it, it is a GET. It is asked for at each attempt, for what changes while time passes. */
  readonly body?: () => unknown;
  /** What a refusal of this request means, where it means something of its own. */
  readonly whyRefused?: (response: UpstreamResponse) => ApiError | undefined;
}

/**
 * One request to `flex-api.twilio.com`, with our credentials.
 *
 * @returns an response of status 2xx; its body is not looked at
 * @throws {ApiError} for everything else that Twilio may response, or if it does not
 */
export async function flexRequest(
  settings: Settings,
  call: UpstreamCall,
  request: FlexRequest,
): Promise<UpstreamResponse> {
  const url = `https://${flexApiHost(settings)}${request.path}`;
  const response = await call.request('Twilio', (limitMs) => {
    const json = request.body && JSON.stringify(request.body());
    const headers = {
      Accept: 'application/json',
      Authorization: basicAuthorization(settings),
      ...(json !== undefined && { 'Content-Type': 'application/json' }),
    };
    return fetchWhole(url, json === undefined ? { headers } : { method: 'POST', headers, body: json }, limitMs);
  });
  // What is below 200 is not the end of an response, so `fetch` never gives it.
  if (response.status < 300) return response;
  throw request.whyRefused?.(response) ?? whyRefused(response);
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
function whyRefused(response: UpstreamResponse): ApiError {
  switch (response.status) {
    case 401:
    case 403:
      return credentialsRefused(response);
    case 429:
      return new ApiError('rate_limited', 'Twilio is asked too often at the moment. Try again later.', {
        upstream: refusalOf(response),
        retryAfter: response.retryAfter,
      });
    default:
      return response.status >= 500 ? twilioFailing(response) : undocumented(response, 'status');
  }
}

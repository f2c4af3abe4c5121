import { ApiError } from '../http/errors';
import type { Settings } from '../settings';
import { credentialsRefused, refusalOf, retryAfterOf, twilioTrouble, undocumented } from '../twilio/answer';
import { fetchWhole, type TwilioAnswer, type TwilioCall } from '../twilio/call';

export interface FlexRequest {
  readonly method: 'get' | 'post';
  readonly path: string;
  /** What is sent as JSON. It is asked for at each attempt, for what changes while time passes. */
  readonly body?: () => unknown;
  /** What a 404 means for this request; without it, that the setting `FLEX_INSTANCE_SID` is wrong. */
  readonly notFound?: () => ApiError;
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
    return fetchWhole(
      url,
      { method: request.method.toUpperCase(), headers, ...(json !== undefined && { body: json }) },
      limitMs,
    );
  });
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw whyRefused(answer, request);
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

function whyRefused(answer: TwilioAnswer, { notFound }: FlexRequest): ApiError {
  const upstream = refusalOf(answer);
  switch (answer.status) {
    case 400:
    case 409:
    case 422:
      return new ApiError(
        'invalid_request',
        `Twilio did not accept these values${upstream.code ? `: see https://www.twilio.com/docs/api/errors/${upstream.code}` : ''}.`,
        { upstream },
      );
    case 401:
    case 403:
      return credentialsRefused(answer);
    case 404:
      return (
        notFound?.() ??
        new ApiError(
          'upstream_error',
          'Twilio does not know the Flex instance of this service. Whoever runs it should check FLEX_INSTANCE_SID.',
          { upstream },
        )
      );
    case 429:
      return new ApiError('rate_limited', 'Twilio is asked too often at the moment. Try again later.', {
        upstream,
        ...retryAfterOf(answer),
      });
    default:
      return answer.status >= 500 ? twilioTrouble(answer) : undocumented(answer, 'status');
  }
}

import * as v from 'valibot';
import type { UpstreamRefusal } from '../contract/responses';
import { ApiError } from '../errors';
import { isRecord, parseJson } from '../json';
import type { UpstreamResponse } from '../upstream/response';

/** Reads Twilio's REST error, `{code, message, more_info, status}`. Twilio's error pages are listed by its `code`. */
export function refusalOf(response: UpstreamResponse): UpstreamRefusal {
  const body = parseJson(response.text);
  const code = isRecord(body) ? body.code : undefined;
  return {
    status: response.status,
    ...(typeof code === 'number' && { code }),
    ...(response.requestId !== undefined && { request_id: response.requestId }),
  };
}

/** A response that Twilio does not document for this request, such as a redirect or a proxy's error page. */
export const undocumented = (response: UpstreamResponse, reason: string): ApiError =>
  new ApiError(
    'upstream_error',
    'Twilio returned an unexpected response. Retry; if it persists, contact Twilio Support.',
    { upstream: refusalOf(response), reason },
  );

/** Twilio rejects the service's own credentials. The caller cannot fix that. */
export const credentialsRefused = (response: UpstreamResponse): ApiError =>
  new ApiError(
    'upstream_error',
    'Twilio rejected the credentials of this service. Its operator should check AUTH_TOKEN, or API_KEY and API_SECRET.',
    { upstream: refusalOf(response) },
  );

/** Twilio still fails after the retries. */
export const twilioFailing = (response: UpstreamResponse): ApiError =>
  new ApiError('upstream_error', 'Twilio is temporarily unavailable. Retry in a moment.', {
    upstream: refusalOf(response),
    retryAfter: response.retryAfter,
  });

/**
 * Checks that the body of a response has its documented shape.
 *
 * @returns the JSON, including every field that the schema does not know
 * @throws {ApiError} `upstream_error` if it has another shape
 */
export function documented<const Schema extends v.GenericSchema>(
  schema: Schema,
  response: UpstreamResponse,
  what: string,
): v.InferInput<Schema> {
  const json = parseJson(response.text);
  if (!v.is(schema, json)) throw undocumented(response, `${what}: not of the documented shape`);
  return json;
}

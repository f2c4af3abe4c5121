import * as v from 'valibot';
import { ApiError, type UpstreamRefusal } from '../errors';
import { isRecord, parseJson } from '../json';
import type { TwilioAnswer } from './call';

/** Twilio's REST errors are `{code, message, more_info, status}`; the code is what its error pages are listed by. */
export function refusalOf(answer: TwilioAnswer): UpstreamRefusal {
  const body = parseJson(answer.text);
  const code = isRecord(body) ? body.code : undefined;
  return {
    status: answer.status,
    ...(typeof code === 'number' && { code }),
    ...(answer.requestId !== undefined && { request_id: answer.requestId }),
  };
}

/** An answer that Twilio does not document for this request, a redirect or a page of a proxy for instance. */
export const undocumented = (answer: TwilioAnswer, reason: string): ApiError =>
  new ApiError(
    'upstream_error',
    'Twilio answered with something unexpected. Try again; if it stays, contact Twilio’s support.',
    {
      upstream: refusalOf(answer),
      reason,
    },
  );

/** Twilio does not take the credentials of this service itself: nothing that the caller could mend. */
export const credentialsRefused = (answer: TwilioAnswer): ApiError =>
  new ApiError(
    'upstream_error',
    'Twilio refused the credentials of this service. Whoever runs it should check AUTH_TOKEN, or API_KEY and API_SECRET.',
    { upstream: refusalOf(answer) },
  );

/** Twilio had trouble of its own, and still has it after the retries. */
export const twilioTrouble = (answer: TwilioAnswer): ApiError =>
  new ApiError('upstream_error', 'Twilio has trouble answering. Try again in a moment.', {
    upstream: refusalOf(answer),
    retryAfter: answer.retryAfter,
  });

/**
 * Takes the JSON of an answer for what it is documented to be.
 *
 * @returns the JSON itself, with all that Twilio put into it
 * @throws {ApiError} `upstream_error` where it is something else
 */
export function documented<const Schema extends v.GenericSchema>(
  schema: Schema,
  answer: TwilioAnswer,
  what: string,
): v.InferInput<Schema> {
  const json = parseJson(answer.text);
  if (!v.is(schema, json)) throw undocumented(answer, `${what}: not of the documented shape`);
  return json;
}

import '@twilio-labs/serverless-runtime-types';
import type { TwilioResponse } from '@twilio-labs/serverless-runtime-types/types';
import { ApiError } from '../errors';

/** The response of a Function. Without a `body` it is empty. */
export interface Reply {
  readonly status: number;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** The user that the call was about, for the log. */
  readonly flexUserSid?: string | undefined;
}

export function toErrorReply(error: ApiError): Reply {
  const { retryAfter, flexUserSid } = error.options;
  return {
    status: error.status,
    body: error.toBody(),
    headers: {
      ...(error.status === 401 && { 'WWW-Authenticate': 'Bearer' }),
      ...(retryAfter !== undefined && { 'Retry-After': retryAfter }),
    },
    flexUserSid,
  };
}

/** Hides the message of an unexpected error, which may hold anything, from the caller. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(
    'internal_error',
    'This service failed unexpectedly. Retry; if it persists, contact the operator of the service.',
    {
      reason: error instanceof Error ? error.name : typeof error,
    },
  );
}

/**
 * Converts a reply. The body stays an object: the platform serializes it, and would serialize a string twice in a forked local run.
 * Forbids caching, since responses hold tokens, personal data or temporary errors.
 */
export function toTwilioResponse(reply: Reply): TwilioResponse {
  const headers = {
    ...(reply.body && { 'Content-Type': 'application/json' }),
    'Cache-Control': 'no-store',
    ...reply.headers,
  };
  const response = new Twilio.Response();
  response.setStatusCode(reply.status);
  for (const [name, value] of Object.entries(headers)) response.appendHeader(name, value);
  response.setBody(reply.body ?? '');
  return response;
}

import '@twilio-labs/serverless-runtime-types';
import type { TwilioResponse } from '@twilio-labs/serverless-runtime-types/types';
import { ApiError } from '../errors';

/** What a Function answers. Without a `body` the answer is empty. */
export interface Reply {
  readonly status: number;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whom it was about: for the log. */
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

/** What was not foreseen is told nobody: its message may hold anything. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(
    'internal_error',
    'Something unforeseen went wrong in this service. Try again; if it stays, report it to whoever runs it.',
    {
      reason: error instanceof Error ? error.name : typeof error,
    },
  );
}

/**
 * The platform serializes an object itself where the type is JSON; a string would be serialized twice in a forked local run.
 * Nothing may be cached: answers hold tokens, personal data, or errors that pass.
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

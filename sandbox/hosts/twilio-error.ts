import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { SandboxEnv } from '../env';

/** The error body of Twilio's REST APIs. */
export interface TwilioError {
  code: number;
  message: string;
  more_info: string;
  status: number;
}

// Twilio's general codes are 20000 + status, except these. https://www.twilio.com/docs/api/errors
const ODD_CODES: Readonly<Record<number, number>> = { 400: 20001, 401: 20003, 405: 20004 };

const MESSAGES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Authenticate',
  403: 'Forbidden',
  404: 'The requested resource was not found',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

export function twilioError(
  status: number,
  message = MESSAGES[status] ?? 'Error',
  code = ODD_CODES[status] ?? 20000 + status,
): TwilioError {
  return { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status };
}

/** Says in one sentence what is wrong with a request. The response is 400. */
export class InvalidParameter extends Error {}

/** Responds with Twilio's error body for that status. */
export function refuse(
  c: Context<SandboxEnv>,
  status: ContentfulStatusCode,
  message?: string,
  code?: number,
): Response {
  if (status === 401) c.header('WWW-Authenticate', 'Basic realm="Twilio API"');
  return c.json(twilioError(status, message, code), status);
}

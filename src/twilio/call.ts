import type { HTTPError } from 'ky';
import { ApiError } from '../http/errors';

/** One attempt at one request is given up after this long. */
const ATTEMPT_LIMIT_MS = 3000;

/** Four more attempts at most: with the backoff below they add 3 s of waiting in the worst case. */
const RETRY_LIMIT = 4;

/** What may well go better in a moment. All requests here may be sent twice: Provision and Deprovision are idempotent, a token more does no harm. */
const RETRIED_STATUSES = [429, 502, 503, 504];

/** With less time left than this, another attempt would only be cut short. */
const SHORTEST_ATTEMPT_MS = 250;

/** What Twilio answered: status, headers, and the body as text. */
export type TwilioAnswer = Pick<Response, 'status' | 'headers'> & { readonly text: string };

/** One attempt at a request. It resolves with the whole answer, body included, within `limitMs`. */
export type Attempt = (limitMs: number) => Promise<Response>;

/** An attempt that ended without an answer. */
export class NoAnswer extends Error {
  constructor(
    readonly why: 'timeout' | 'connection',
    /** The system's word for it, such as `ECONNREFUSED`. */
    readonly systemCode?: string,
  ) {
    super(why);
  }
}

/** All that is asked of Twilio for one call of a Function: it shares one deadline, and its request ids are collected for the log. */
export class TwilioCall {
  readonly requestIds: string[] = [];

  /** @param deadlineMs when the whole call must be answered, on the clock of `performance.now()` */
  constructor(readonly deadlineMs: number) {}

  /**
   * Makes a request, and makes it again where that may help: after 429, 502, 503 and 504, a broken connection or an attempt
   * without an answer; with exponential backoff and full jitter, or after as long as `Retry-After` says; as long as time is left.
   *
   * @throws {ApiError} `upstream_timeout` or `upstream_error` where no attempt got an answer
   */
  async request(method: 'get' | 'post', url: string, attempt: Attempt): Promise<TwilioAnswer> {
    // Loaded at the first request and not with the Function: it makes Node load its `fetch`, which takes longer than all the rest.
    const { default: ky } = await import('ky');
    try {
      const response = await ky(url, {
        method,
        fetch: () => this.attempt(attempt),
        timeout: false,
        throwHttpErrors: (status) => RETRIED_STATUSES.includes(status),
        retry: {
          limit: RETRY_LIMIT,
          methods: [method],
          statusCodes: RETRIED_STATUSES,
          afterStatusCodes: RETRIED_STATUSES,
          maxRetryAfter: this.remainingMs,
          delay: backoffMs,
          jitter: true,
          shouldRetry: ({ error, retryCount }) => this.isWorthAnotherAttempt(error, retryCount),
        },
      });
      return await read(response);
    } catch (error) {
      if (isHttpError(error)) return read(error.response);
      throw error instanceof NoAnswer ? toApiError(error) : error;
    }
  }

  private get remainingMs(): number {
    return this.deadlineMs - performance.now();
  }

  private async attempt(attempt: Attempt): Promise<Response> {
    const limitMs = Math.min(ATTEMPT_LIMIT_MS, this.remainingMs);
    if (limitMs <= 0) throw new NoAnswer('timeout');
    const response = await attempt(limitMs).catch((error) => {
      throw error instanceof RangeError ? new NoAnswer('connection', 'ERR_HTTP_INVALID_STATUS_CODE') : error;
    });
    const requestId = response.headers.get('twilio-request-id');
    if (requestId && /^RQ[0-9a-f]{32}$/i.test(requestId)) this.requestIds.push(requestId);
    return response;
  }

  /** `false` ends it; `undefined` leaves the decision and the waiting to ky. */
  private isWorthAnotherAttempt(error: Error, retryCount: number): false | undefined {
    if (!(error instanceof NoAnswer || isHttpError(error))) return false;
    const waitMs = (isHttpError(error) && retryAfterMs(error.response)) || backoffMs(retryCount);
    return waitMs + SHORTEST_ATTEMPT_MS < this.remainingMs ? undefined : false;
  }
}

/**
 * `fetch`, with the body read and with a limit for both. Redirects are not followed: our credentials go where we sent them.
 *
 * @throws {NoAnswer}
 */
export async function fetchWhole(url: string, init: RequestInit, limitMs: number): Promise<Response> {
  const signal = AbortSignal.timeout(limitMs);
  try {
    return toResponse(await read(await fetch(url, { ...init, signal, redirect: 'manual' })));
  } catch (error) {
    throw signal.aborted ? new NoAnswer('timeout') : new NoAnswer('connection', systemCodeOf(error));
  }
}

/** @throws {RangeError} for a status that HTTP does not have */
export const toResponse = ({ status, headers, text }: TwilioAnswer): Response =>
  new Response(text || null, { status, headers });

const read = async (response: Response): Promise<TwilioAnswer> => ({
  status: response.status,
  headers: response.headers,
  text: await response.text(),
});

/** `fetch` hides what happened in the `cause` of a `TypeError`. */
export function systemCodeOf(error: unknown): string | undefined {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  return cause ? systemCodeOf(cause) : undefined;
}

const isHttpError = (error: unknown): error is HTTPError => error instanceof Error && error.name === 'HTTPError';

/** How long to wait at most before the next attempt; ky takes a random part of it. */
const backoffMs = (retryCount: number): number => 200 * 2 ** (retryCount - 1);

/** `Retry-After`: seconds, or a date (RFC 9110, section 10.2.3). */
function retryAfterMs({ headers }: Response): number {
  const header = headers.get('retry-after');
  if (!header) return 0;
  const seconds = Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
  return Number.isNaN(ms) ? 0 : ms;
}

function toApiError({ why, systemCode }: NoAnswer): ApiError {
  return why === 'timeout'
    ? new ApiError('upstream_timeout', 'Twilio took too long to answer. Try again in a moment.')
    : new ApiError('upstream_error', 'Twilio could not be reached. Try again in a moment.', {
        reason: systemCode ?? 'connection broken',
      });
}

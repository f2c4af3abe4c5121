import pRetry from 'p-retry';
import { ApiError } from '../errors';

/** One attempt at one request is given up after this long. */
const ATTEMPT_LIMIT_MS = 3000;

/** Between attempts: 100 to 200 ms, 200 to 400 ms, and so on, up to 1 s. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 1000;
const longestWaitMs = (attemptNumber: number) =>
  Math.min(2 * FIRST_WAIT_MS * 2 ** (attemptNumber - 1), LONGEST_WAIT_MS);

/**
 * What may well go better in a moment. Whatever is sent here may be sent twice: Provision and Deprovision are idempotent, and a
 * token that was minted but never arrived is known to nobody.
 */
const RETRIED_STATUSES = [429, 502, 503, 504];

/** With less time left than this, another attempt would only be cut short. */
const SHORTEST_ATTEMPT_MS = 250;

/** Hundreds of times what any of Twilio's answers comes to. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** What Twilio answered. */
export interface TwilioAnswer {
  readonly status: number;
  readonly text: string;
  /** `RQ…`: what Twilio's support asks for. */
  readonly requestId: string | undefined;
  /** As it came: seconds, or a date. */
  readonly retryAfter: string | undefined;
}

/** One attempt at a request. It resolves with the whole answer, body included, within `limitMs`, or throws {@link NoAnswer}. */
export type Attempt = (limitMs: number) => Promise<TwilioAnswer>;

/** An attempt that ended without an answer. */
export class NoAnswer extends Error {
  /** @param systemCode the system's word for what happened, such as `ECONNREFUSED` */
  constructor(
    readonly why: 'timeout' | 'connection',
    readonly systemCode?: string,
  ) {
    super(why);
  }
}

/** An answer that another attempt may better. */
class TransientAnswer extends Error {
  constructor(readonly answer: TwilioAnswer) {
    super();
  }
}

/** All that is asked of Twilio for one call of a Function: it shares one deadline, and its request ids are collected for the log. */
export class TwilioCall {
  readonly requestIds: string[] = [];

  /** @param deadlineMs when the whole call must be answered, on the clock of `performance.now()` */
  constructor(private readonly deadlineMs: number) {}

  /**
   * Makes a request, and makes it again where that may help: after 429, 502, 503 and 504, a broken connection or an attempt
   * without an answer; with exponential backoff and jitter, after as long as `Retry-After` says at the least, as long as time is
   * left.
   *
   * @returns the last answer, whatever its status
   * @throws {ApiError} `upstream_timeout` or `upstream_error` where the last attempt got no answer; what else `attempt` throws
   */
  async request(attempt: Attempt): Promise<TwilioAnswer> {
    let notBeforeMs = 0;
    try {
      return await pRetry(
        async () => {
          await waitUntil(notBeforeMs);
          const answer = await this.attempt(attempt);
          if (!RETRIED_STATUSES.includes(answer.status)) return answer;
          notBeforeMs = performance.now() + retryAfterMs(answer);
          throw new TransientAnswer(answer);
        },
        {
          // Time is what ends it.
          retries: Number.POSITIVE_INFINITY,
          minTimeout: FIRST_WAIT_MS,
          maxTimeout: LONGEST_WAIT_MS,
          factor: 2,
          randomize: true,
          shouldRetry: ({ error, attemptNumber }) =>
            (error instanceof TransientAnswer || error instanceof NoAnswer) &&
            this.hasTimeLeftAt(Math.max(notBeforeMs, performance.now() + longestWaitMs(attemptNumber))),
        },
      );
    } catch (error) {
      if (error instanceof TransientAnswer) return error.answer;
      throw error instanceof NoAnswer ? toApiError(error) : error;
    }
  }

  private async attempt(attempt: Attempt): Promise<TwilioAnswer> {
    const limitMs = Math.floor(Math.min(ATTEMPT_LIMIT_MS, this.deadlineMs - performance.now()));
    if (limitMs <= 0) throw new NoAnswer('timeout');
    const answer = await attempt(limitMs);
    if (answer.requestId !== undefined) this.requestIds.push(answer.requestId);
    return answer;
  }

  private hasTimeLeftAt(timeMs: number): boolean {
    return timeMs + SHORTEST_ATTEMPT_MS <= this.deadlineMs;
  }
}

/**
 * `fetch`, with the body read and with one limit for both. Redirects are not followed: our credentials go where we sent them.
 *
 * @throws {NoAnswer}
 * @throws {ApiError} as {@link AnswerBody} does
 */
export async function fetchWhole(url: string, init: RequestInit, limitMs: number): Promise<TwilioAnswer> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), limitMs);
  try {
    const response = await fetch(url, { ...init, signal: limit.signal, redirect: 'manual' });
    const body = new AnswerBody();
    for await (const chunk of response.body ?? []) body.add(chunk);
    return toAnswer(response.status, body.text(), (name) => response.headers.get(name) ?? undefined);
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw limit.signal.aborted ? new NoAnswer('timeout') : new NoAnswer('connection', systemCodeOf(error));
  } finally {
    clearTimeout(timer);
  }
}

/** Gathers the body of an answer, of which there must not be too much: a Function has little memory. */
export class AnswerBody {
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;

  /** @throws {ApiError} `upstream_error` */
  add(chunk: Uint8Array | string): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    this.#bytes += bytes.length;
    if (this.#bytes > MAX_ANSWER_BYTES) {
      throw new ApiError('upstream_error', 'Twilio answered with far more than expected. Try again in a moment.', {
        reason: 'answer too large',
      });
    }
    this.#chunks.push(bytes);
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}

/** @param header looks a header of the answer up by its lower-case name */
export function toAnswer(status: number, text: string, header: (name: string) => string | undefined): TwilioAnswer {
  const requestId = header('twilio-request-id');
  const retryAfter = header('retry-after');
  return {
    status,
    text,
    requestId: requestId && /^RQ[0-9a-f]{32}$/i.test(requestId) ? requestId : undefined,
    // What says nothing of a time is not passed on either.
    retryAfter: retryAfter !== undefined && isTime(retryAfter) ? retryAfter : undefined,
  };
}

/** `fetch` hides what happened in the `cause` of a `TypeError`. */
export function systemCodeOf(error: unknown): string | undefined {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  return cause ? systemCodeOf(cause) : undefined;
}

/** When that is, on the clock of `Date.now()`. `Retry-After` is seconds, or a date (RFC 9110, section 10.2.3). */
function timeOf(retryAfter: string): number {
  if (/^\d{1,9}$/.test(retryAfter)) return Date.now() + Number(retryAfter) * 1000;
  return retryAfter.endsWith(' GMT') ? Date.parse(retryAfter) : Number.NaN;
}

const isTime = (retryAfter: string) => retryAfter.length < 64 && Number.isFinite(timeOf(retryAfter));

const retryAfterMs = ({ retryAfter }: TwilioAnswer): number =>
  retryAfter === undefined ? 0 : timeOf(retryAfter) - Date.now();

async function waitUntil(timeMs: number): Promise<void> {
  const waitMs = timeMs - performance.now();
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
}

function toApiError({ why, systemCode }: NoAnswer): ApiError {
  return why === 'timeout'
    ? new ApiError('upstream_timeout', 'Twilio took too long to answer. Try again in a moment.')
    : new ApiError('upstream_error', 'Twilio could not be reached. Try again in a moment.', {
        reason: systemCode ?? 'connection broken',
      });
}

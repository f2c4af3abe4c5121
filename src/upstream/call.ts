import pRetry from 'p-retry';
import { ApiError } from '../errors';
import { UpstreamFailure } from './failure';
import type { UpstreamResponse } from './response';
import { retryAfterMs } from './retry-after';

/** Time limit of one attempt. */
const ATTEMPT_LIMIT_MS = 3000;

/** Between attempts: 100 to 200 ms, then twice as long each time, so that an outage is not met with a hail of retries. */
const FIRST_WAIT_MS = 100;

/** The number of attempts that the doubling leaves room for. */
const MAX_ATTEMPTS = 8;

/**
 * Statuses that a retry may fix. Every request is safe to repeat: Provision is idempotent, Deprovision may respond with 404 the
 * second time, and a token that was minted but never received is unknown to everyone.
 */
const RETRIED_STATUSES = [429, 502, 503, 504];

/** With less time left, another attempt would only be cut short. */
const SHORTEST_ATTEMPT_MS = 500;

/** Who is called, as error messages name it. */
export type Upstream = 'Twilio' | 'The identity provider';

/** One attempt at a request. Resolves with the whole response within `limitMs`, or throws {@link UpstreamFailure}. */
export type Attempt = (limitMs: number) => Promise<UpstreamResponse>;

/** A complete response that a retry may improve. */
class TransientResponse extends Error {
  constructor(readonly response: UpstreamResponse) {
    super();
  }
}

/** All upstream requests of one Function call. They share one deadline, and their request IDs are collected for the log. */
export class UpstreamCall {
  readonly requestIds: string[] = [];

  /** @param deadlineMs when the call must be finished, on the clock of `performance.now()` */
  constructor(private readonly deadlineMs: number) {}

  /** A part of this call that must end earlier: after `durationMs`, or at the call's own deadline. */
  within(durationMs: number): UpstreamCall {
    return new UpstreamCall(Math.min(this.deadlineMs, performance.now() + durationMs));
  }

  /**
   * Makes a request, and retries it after 429, 502, 503, 504, a broken connection or a timed-out attempt. Waits with exponential
   * backoff and jitter, and at least as long as `Retry-After` says. A backoff that would outlast the time left ends shortly before the
   * deadline, for one last attempt. If `Retry-After` is longer than the time left, there is no further attempt.
   *
   * @returns the last response, whatever its status
   * @throws {ApiError} `upstream_timeout` or `upstream_error` if the last attempt got no complete response; also whatever else
   *   `attempt` throws
   */
  async request(upstream: Upstream, attempt: Attempt): Promise<UpstreamResponse> {
    const lastStartMs = this.deadlineMs - SHORTEST_ATTEMPT_MS;
    let notBeforeMs = 0;
    try {
      return await pRetry(
        async () => {
          await waitUntil(notBeforeMs);
          const response = await this.attempt(attempt);
          if (!RETRIED_STATUSES.includes(response.status)) return response;
          notBeforeMs = performance.now() + retryAfterMs(response.retryAfter);
          throw new TransientResponse(response);
        },
        {
          retries: MAX_ATTEMPTS - 1,
          minTimeout: FIRST_WAIT_MS,
          factor: 2,
          randomize: true,
          // Also cuts a wait short.
          maxRetryTime: Math.max(0, lastStartMs - performance.now()),
          shouldRetry: ({ error }) =>
            isTransient(error) && Math.max(notBeforeMs, performance.now() + FIRST_WAIT_MS) <= lastStartMs,
        },
      );
    } catch (error) {
      if (error instanceof TransientResponse) return error.response;
      throw error instanceof UpstreamFailure ? toApiError(upstream, error) : error;
    }
  }

  private async attempt(attempt: Attempt): Promise<UpstreamResponse> {
    const limitMs = Math.floor(Math.min(ATTEMPT_LIMIT_MS, this.deadlineMs - performance.now()));
    if (limitMs <= 0) throw new UpstreamFailure('timeout');
    const response = await attempt(limitMs);
    if (response.requestId !== undefined) this.requestIds.push(response.requestId);
    return response;
  }
}

const isTransient = (error: Error): boolean =>
  error instanceof TransientResponse || (error instanceof UpstreamFailure && error.why !== 'too-large');

async function waitUntil(timeMs: number): Promise<void> {
  const waitMs = timeMs - performance.now();
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
}

function toApiError(upstream: Upstream, { why, systemCode }: UpstreamFailure): ApiError {
  switch (why) {
    case 'timeout':
      return new ApiError('upstream_timeout', `${upstream} took too long to respond. Retry in a moment.`);
    case 'connection':
      return new ApiError('upstream_error', `${upstream} could not be reached. Retry in a moment.`, {
        reason: systemCode ?? 'connection broken',
      });
    case 'too-large':
      return new ApiError('upstream_error', `${upstream} returned a response that is too large. Retry in a moment.`, {
        reason: 'response too large',
      });
  }
}

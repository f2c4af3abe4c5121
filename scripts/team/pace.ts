import { setTimeout as sleep } from 'node:timers/promises';
import { type Attempt, type Upstream, UpstreamCall } from '../../src/upstream/call';
import type { UpstreamResponse } from '../../src/upstream/response';
import { retryAfterMs } from '../../src/upstream/retry-after';

/** The most requests at the same time. */
const MOST_AT_ONCE = 8;

/** After each such stretch without a 429, one more request may be made at the same time. */
const ONE_MORE_AFTER_MS = 5000;

/** The part of the rate before a 429 that is tried after it. */
const CAUTION = 0.95;

/** The part of the rate aimed at that counts as having reached it. */
const CLOSE = 0.7;

/** After this long without a 429 the rate has doubled. It grows slowly at first, as in TCP CUBIC (RFC 9438). */
const DOUBLED_AFTER_MS = 60_000;

/** Waits after a 429 without `Retry-After`. They double until Twilio accepts a request. */
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;

/** How far requests that started late, on a busy machine for instance, may move up the ones after them. */
const CATCH_UP_MS = 100;

/** A timer cannot wait for much longer than 20 days, and `Retry-After` may say so. */
const LONGEST_SLEEP_MS = 60_000;

/** The run has been ended, so this request was not made. */
export class Ended extends Error {}

/**
 * Decides when the next request may be made: as fast as Twilio allows, and no faster. There is no fixed rate until the first 429, only
 * a few requests at the same time. A 429 shows what Twilio accepts. From then on requests are spaced out, slightly slower than that,
 * and the rate grows again as long as no 429 comes back.
 */
export class Pace {
  #inFlight = 0;
  #notBeforeMs = 0;
  #turn: Promise<void> = Promise.resolve();
  #wake = () => {};
  #throttled = { atMs: Number.NEGATIVE_INFINITY, ratePerMs: Number.POSITIVE_INFINITY, atOnce: MOST_AT_ONCE, inARow: 0 };
  #acceptedMs: readonly number[] = [];

  /**
   * @param end aborts all that waits; requests in flight are left to finish
   * @param onWait is told how long all requests have to wait after a 429
   */
  constructor(
    private readonly end: AbortSignal,
    private readonly onWait: (waitMs: number) => void = () => {},
  ) {}

  /**
   * Makes a request when it may be made, and again for as long as Twilio responds with 429.
   *
   * @throws {Ended} if it was not made; what `request` throws
   */
  async run(request: () => Promise<UpstreamResponse>): Promise<UpstreamResponse> {
    for (;;) {
      const turn = this.#turn.then(() => this.#waitForPermission());
      this.#turn = turn.catch(() => undefined);
      await turn;
      const startedMs = performance.now();
      try {
        const response = await request();
        if (response.status !== 429) {
          this.#accept();
          return response;
        }
        this.#slowDown(response, startedMs);
      } finally {
        this.#inFlight -= 1;
        this.#wake();
      }
    }
  }

  async #waitForPermission(): Promise<void> {
    for (;;) {
      if (this.end.aborted) throw new Ended();
      const nowMs = performance.now();
      const waitMs = this.#notBeforeMs - nowMs;
      if (waitMs > 0) {
        await sleep(Math.min(waitMs, LONGEST_SLEEP_MS), undefined, { signal: this.end }).catch(() => undefined);
      } else if (this.#inFlight >= this.#atOnce(nowMs)) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      } else {
        this.#inFlight += 1;
        this.#notBeforeMs = Math.max(this.#notBeforeMs, nowMs - CATCH_UP_MS) + 1 / this.#ratePerMs(nowMs);
        return;
      }
    }
  }

  #accept(): void {
    const nowMs = performance.now();
    this.#acceptedMs = [...this.#acceptedMs.filter((ms) => ms > nowMs - 1000), nowMs];
    this.#throttled.inARow = 0;
  }

  #slowDown(response: UpstreamResponse, startedMs: number): void {
    const nowMs = performance.now();
    // Those that were in flight at the first 429 say nothing new about the rate.
    if (startedMs > this.#throttled.atMs) {
      const ratePerMs = CAUTION * this.#rateReachedPerMs(nowMs);
      const atOnce = Math.max(1, Math.floor(this.#atOnce(nowMs) / 2));
      const inARow = this.#throttled.inARow + 1;
      this.#throttled = { atMs: nowMs, ratePerMs, atOnce, inARow };
    }
    const backoffMs = Math.min(FIRST_WAIT_MS * 2 ** (this.#throttled.inARow - 1), LONGEST_WAIT_MS);
    const waitMs =
      response.retryAfter === undefined ? backoffMs * (0.5 + Math.random() / 2) : retryAfterMs(response.retryAfter);
    if (nowMs + waitMs <= this.#notBeforeMs) return;
    this.#notBeforeMs = nowMs + waitMs;
    this.onWait(waitMs);
  }

  /** What Twilio accepted in the last second. A count in one second is rough, so the rate aimed at counts if it is close to that. */
  #rateReachedPerMs(nowMs: number): number {
    const accepted = (this.#acceptedMs.filter((ms) => ms > nowMs - 1000).length + 1) / 1000;
    const aimedAt = this.#ratePerMs(nowMs);
    return accepted >= aimedAt * CLOSE ? aimedAt : accepted;
  }

  #ratePerMs(nowMs: number): number {
    const { atMs, ratePerMs } = this.#throttled;
    return ratePerMs * (1 + ((nowMs - atMs) / DOUBLED_AFTER_MS) ** 3);
  }

  #atOnce(nowMs: number): number {
    const { atMs, atOnce } = this.#throttled;
    return Math.min(MOST_AT_ONCE, atOnce + Math.floor((nowMs - atMs) / ONE_MORE_AFTER_MS));
  }
}

/** One request is retried for as long as a Function does it. */
const REQUEST_LIMIT_MS = 9000;

class TooManyRequests extends Error {
  constructor(readonly response: UpstreamResponse) {
    super();
  }
}

/**
 * The requests for one user. A 429 is left to the {@link Pace} of the whole run: unlike in a Function, waiting costs nothing. Other
 * failures are retried as in a Function.
 */
export class PacedCall extends UpstreamCall {
  constructor(private readonly pace: Pace) {
    super(Number.POSITIVE_INFINITY);
  }

  override request(upstream: Upstream, attempt: Attempt): Promise<UpstreamResponse> {
    return this.pace.run(async () => {
      try {
        return await new UpstreamCall(performance.now() + REQUEST_LIMIT_MS).request(upstream, async (limitMs) => {
          const response = await attempt(limitMs);
          if (response.status === 429) throw new TooManyRequests(response);
          return response;
        });
      } catch (error) {
        if (error instanceof TooManyRequests) return error.response;
        throw error;
      }
    });
  }
}

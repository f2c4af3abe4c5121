import type { MiddlewareHandler } from 'hono';
import type { SandboxEnv } from './env';
import { refuse } from './hosts/twilio-error';

const WINDOW_MS = 1000;

/** How many requests within a second are served; those beyond are refused with 429. */
export class RequestLimit {
  #perSecond = Number.POSITIVE_INFINITY;
  #servedMs: readonly number[] = [];

  set(perSecond: number): void {
    this.#perSecond = perSecond;
  }

  clear(): void {
    this.#perSecond = Number.POSITIVE_INFINITY;
    this.#servedMs = [];
  }

  /** Takes a place in the last second. @returns whole seconds until there is one, 0 if there was one */
  take(): number {
    const nowMs = performance.now();
    this.#servedMs = this.#servedMs.filter((ms) => ms > nowMs - WINDOW_MS);
    const [oldest] = this.#servedMs;
    if (this.#servedMs.length >= this.#perSecond) {
      return Math.max(1, Math.ceil(((oldest ?? nowMs) + WINDOW_MS - nowMs) / 1000));
    }
    this.#servedMs = [...this.#servedMs, nowMs];
    return 0;
  }
}

/** Refuses with 429 and `Retry-After`, as Twilio does, what is beyond the limit. */
export function limited(limit: RequestLimit): MiddlewareHandler<SandboxEnv> {
  return async (c, next) => {
    const retryAfter = limit.take();
    if (retryAfter === 0) return next();
    const response = refuse(c, 429);
    response.headers.set('Retry-After', String(retryAfter));
    return response;
  };
}

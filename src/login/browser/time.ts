export interface Timers {
  /** Runs once after that many milliseconds; the function it returns cancels that. */
  after(delayMs: number, run: () => void): () => void;
}

/** Milliseconds since 1970, as `Date.now`. */
export type Clock = () => number;

export const browserTimers: Timers = {
  after(delayMs, run) {
    const id = setTimeout(run, delayMs);
    return () => clearTimeout(id);
  },
};

/** The part of `Storage` that the page uses, so that a test can hand in a `Map`. */
export interface KeyValueStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface Timers {
  /** Runs once after that many milliseconds; the function it returns calls that off. */
  after(delayMs: number, run: () => void): () => void;
}

/** Milliseconds since 1970, as `Date.now`. */
export type Clock = () => number;

export function isFilledString(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** What was stored under the key, or `undefined` where there is nothing or nothing readable. */
export function readJson(store: KeyValueStore, key: string): unknown {
  try {
    return JSON.parse(store.getItem(key) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}

/** The part of `Storage` that the page uses, so that a test can pass a `Map`. */
export interface KeyValueStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** Reads the JSON stored under the key. Returns `undefined` if there is none, or if it cannot be parsed. */
export function readJson(store: KeyValueStore, key: string): unknown {
  try {
    return JSON.parse(store.getItem(key) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}

export function isFilledString(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

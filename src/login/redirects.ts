import { type Clock, type KeyValueStore, readJson } from './edges';

const KEY = 'flex-auth:redirects';
const WINDOW_MS = 30_000;
const LIMIT = 2;

/** Have two redirects of the last 30 s come back with nothing? A third would only make the page flicker. */
export function isLooping(store: KeyValueStore, now: Clock): boolean {
  return recent(store, now).length >= LIMIT;
}

export function noteRedirect(store: KeyValueStore, now: Clock): void {
  store.setItem(KEY, JSON.stringify([...recent(store, now), now()]));
}

/** An answer came, or the person asks again: counting starts anew. */
export function forgetRedirects(store: KeyValueStore): void {
  store.removeItem(KEY);
}

function recent(store: KeyValueStore, now: Clock): number[] {
  const times = readJson(store, KEY);
  if (!Array.isArray(times)) return [];
  return times.filter((time): time is number => typeof time === 'number' && Math.abs(now() - time) < WINDOW_MS);
}

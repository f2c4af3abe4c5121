import { SESSION_STORAGE_KEYS } from '../../contract/storage-keys';
import { type KeyValueStore, readJson } from '../browser/store';
import type { Clock } from '../browser/time';

const WINDOW_MS = 30_000;
const LIMIT = 2;

/** Whether two redirects of the last 30 s came back with nothing. A third would only make the page flicker. */
export function isLooping(store: KeyValueStore, deviceNow: Clock): boolean {
  return recent(store, deviceNow).length >= LIMIT;
}

export function noteRedirect(store: KeyValueStore, deviceNow: Clock): void {
  store.setItem(SESSION_STORAGE_KEYS.redirects, JSON.stringify([...recent(store, deviceNow), deviceNow()]));
}

/**
 * Resets the count: after a response, when the person presses the button, or when a site opens its popup (again). A
 * redirect that came back with nothing does not name the site.
 */
export function forgetRedirects(store: KeyValueStore): void {
  store.removeItem(SESSION_STORAGE_KEYS.redirects);
}

function recent(store: KeyValueStore, deviceNow: Clock): number[] {
  const times = readJson(store, SESSION_STORAGE_KEYS.redirects);
  if (!Array.isArray(times)) return [];
  return times.filter((time): time is number => typeof time === 'number' && Math.abs(deviceNow() - time) < WINDOW_MS);
}

/** Longer than a renewal takes. */
const LOCK_LIMIT_MS = 40_000;

/** Runs a task while no other tab of this site runs one of the same name. Rejects with `tooSlow` if the others take too long. */
export function aloneAmongTabs<T>(name: string, task: () => Promise<T>, tooSlow: Error): Promise<T> {
  const wait = new AbortController();
  const timer = setTimeout(() => wait.abort(tooSlow), LOCK_LIMIT_MS);
  const run = () => {
    clearTimeout(timer);
    return task();
  };
  return navigator.locks.request(name, { signal: wait.signal }, run);
}

/** Returns the first half of the SHA-256 hash, in hex: enough to recognize a token, and useless to recover it. */
export async function hashText(text: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash, 0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** `navigator.locks` and `crypto.subtle` are missing outside a secure context, such as `http://` on another host. */
export const canShareBetweenTabs = (): boolean =>
  'BroadcastChannel' in globalThis && 'locks' in navigator && globalThis.crypto?.subtle !== undefined;

import { SESSION_STORAGE_KEYS } from '../../contract/storage-keys';
import { type KeyValueStore, readJson } from '../browser/store';
import { parseSession, type Session } from './session';

export function storeSession(store: KeyValueStore, session: Session): void {
  store.setItem(SESSION_STORAGE_KEYS.session, JSON.stringify(session));
}

export function readSession(store: KeyValueStore): Session | undefined {
  return parseSession(readJson(store, SESSION_STORAGE_KEYS.session));
}

export function removeSession(store: KeyValueStore): void {
  store.removeItem(SESSION_STORAGE_KEYS.session);
}

/** Whether the person signed out in this tab and has not signed in since. */
export function isSignedOut(store: KeyValueStore): boolean {
  return store.getItem(SESSION_STORAGE_KEYS.signedOut) !== null;
}

export function markSignedOut(store: KeyValueStore): void {
  store.setItem(SESSION_STORAGE_KEYS.signedOut, 'true');
}

export function forgetSignOut(store: KeyValueStore): void {
  store.removeItem(SESSION_STORAGE_KEYS.signedOut);
}

/**
 * Notes what this tab holds before a session replaces it. Returns a function that puts that back, unless the session is
 * no longer the one in the store.
 */
export function rememberBefore(store: KeyValueStore, { accessToken }: Session): () => void {
  const before = readSession(store);
  const wasSignedOut = isSignedOut(store);
  return () => {
    if (readSession(store)?.accessToken !== accessToken) return;
    if (before) storeSession(store, before);
    else removeSession(store);
    if (wasSignedOut) markSignedOut(store);
  };
}

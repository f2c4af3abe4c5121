import { createHash, timingSafeEqual } from 'node:crypto';
import { ACTIONS, type Action } from '../contract/functions';

/** A key for a server of the account's owner. Only its hash is stored. */
export interface BackendKey {
  readonly name: string;
  readonly scopes: readonly Action[];
  readonly hash: Buffer;
}

export const BACKEND_KEY_PREFIX = 'fbk_';

const ENTRY = /^[A-Za-z0-9_-]{1,64}:[a-z+]+:[0-9a-fA-F]{64}$/;

/**
 * Reads one entry of the setting `BACKEND_KEYS`: `<name>:<scopes joined by +>:<sha256 of the whole key, hex>`.
 *
 * @returns `undefined` if the entry is malformed
 */
export function parseBackendKey(entry: string): BackendKey | undefined {
  if (!ENTRY.test(entry)) return undefined;
  const [name, scopes, hash] = entry.split(':') as [string, string, string];
  const names = scopes.split('+');
  return names.every(isScope) ? { name, scopes: names, hash: Buffer.from(hash, 'hex') } : undefined;
}

export const isScope = (value: string): value is Action => (ACTIONS as readonly string[]).includes(value);

/**
 * Finds the listed key with this hash and name. Compares all hashes, in constant time, so that the duration reveals nothing about a
 * wrong key.
 */
export function findBackendKey(shown: string, keys: readonly BackendKey[]): BackendKey | undefined {
  const hash = hashOf(shown);
  let found: BackendKey | undefined;
  for (const key of keys) {
    if (timingSafeEqual(key.hash, hash) && shown.startsWith(`${BACKEND_KEY_PREFIX}${key.name}.`)) found = key;
  }
  return found;
}

export const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest();

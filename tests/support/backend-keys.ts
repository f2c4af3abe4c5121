import type { Action } from '../../src/contract/functions';
import { hashOf } from '../../src/settings/backend-key';

/** A backend key with these scopes, and the entry of `BACKEND_KEYS` that lists it. */
export function backendKey(name: string, ...scopes: readonly Action[]): { key: string; entry: string } {
  const key = `fbk_${name}.the-secret-of-${name}`;
  return { key, entry: `${name}:${scopes.join('+')}:${hashOf(key).toString('hex')}` };
}

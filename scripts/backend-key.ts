import { randomBytes } from 'node:crypto';
import { ACTIONS } from '../src/contract/functions';
import { BACKEND_KEY_PREFIX, hashOf, isScope, parseBackendKey } from '../src/settings/backend-key';

/** Prints a new backend key, and the entry of `BACKEND_KEYS` that lists it. Neither is stored anywhere. */
function main([name = '', ...scopes]: readonly string[]): void {
  const key = `${BACKEND_KEY_PREFIX}${name}.${randomBytes(32).toString('base64url')}`;
  const entry = `${name}:${[...new Set(scopes)].join('+')}:${hashOf(key).toString('hex')}`;
  if (!scopes.every(isScope) || !parseBackendKey(entry)) {
    console.error('Usage: npm run backend-key -- NAME SCOPE…');
    console.error(`NAME is 1 to 64 of A-Z a-z 0-9 _ -, each SCOPE one of ${ACTIONS.join(', ')}.`);
    process.exitCode = 1;
    return;
  }
  console.log(`This key is shown only once. Keep it on your server, never in a browser:

${key}

Add this to BACKEND_KEYS in .env (separate entries with commas), then deploy or restart. It contains only the hash of the key:

${entry}
`);
}

main(process.argv.slice(2));

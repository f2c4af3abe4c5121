import fc from 'fast-check';
import { ACTIONS } from '../../src/contract/functions';
import { findBackendKey, hashOf, parseBackendKey } from '../../src/settings/backend-key';
import { anyText, tries } from '../support/arbitraries';

const keyName = fc.string({ unit: fc.constantFrom(...'abcXYZ019_-'), minLength: 1, maxLength: 64 });
const scopes = fc.subarray([...ACTIONS], { minLength: 1 });
const secret = fc.base64String({ minLength: 8, maxLength: 48 });
const entryOf = (key: string, name: string, scopes: readonly string[]) =>
  `${name}:${scopes.join('+')}:${hashOf(key).toString('hex')}`;

/** Reads an entry that is known to be right. */
function parsed(entry: string) {
  const key = parseBackendKey(entry);
  if (!key) throw new Error(`not an entry: ${entry}`);
  return key;
}

describe('parseBackendKey', () => {
  it('reads name, scopes and hash of an entry', () => {
    fc.assert(
      fc.property(keyName, scopes, secret, (name, scopes, secret) => {
        const key = `fbk_${name}.${secret}`;
        expect(parseBackendKey(entryOf(key, name, scopes))).toEqual({ name, scopes, hash: hashOf(key) });
      }),
      tries(300),
    );
  });

  it('reads nothing out of any text that is not exactly name, known scopes and a hash', () => {
    const part = fc.oneof(
      anyText,
      fc.constantFrom(
        'crm',
        'mint',
        'mint+',
        '+mint',
        'mint++lookup',
        'Mint',
        'all',
        '*',
        'f'.repeat(64),
        'f'.repeat(63),
        'g'.repeat(64),
      ),
    );
    const text = fc.oneof(
      anyText,
      fc.array(part, { minLength: 2, maxLength: 4 }).map((parts) => parts.join(':')),
    );
    fc.assert(
      fc.property(text, (text) => {
        const key = parseBackendKey(text);
        if (!key) return;
        expect(text).toMatch(
          /^[A-Za-z0-9_-]{1,64}:(provision|lookup|mint|deprovision)(\+(provision|lookup|mint|deprovision))*:[0-9a-fA-F]{64}$/,
        );
        expect(`${key.name}:${key.scopes.join('+')}:${key.hash.toString('hex')}`).toBe(
          text.slice(0, -64) + text.slice(-64).toLowerCase(),
        );
      }),
      tries(1000),
    );
  });
});

describe('findBackendKey', () => {
  const listed = fc.uniqueArray(fc.record({ name: keyName, secret, scopes }), {
    selector: ({ name }) => name,
    minLength: 1,
    maxLength: 4,
  });

  it('finds the key that was shown among all that are listed, with the scopes that it has', () => {
    fc.assert(
      fc.property(listed, fc.nat(), (listed, at) => {
        const keys = listed.map(({ name, secret, scopes }) => parsed(entryOf(`fbk_${name}.${secret}`, name, scopes)));
        const shown = listed[at % listed.length];
        expect(findBackendKey(`fbk_${shown?.name}.${shown?.secret}`, keys)).toMatchObject({
          name: shown?.name,
          scopes: shown?.scopes,
        });
      }),
      tries(200),
    );
  });

  it('finds none for anything but a key itself: a byte more, less or other, the hash, another name, or any text', () => {
    const edit = fc.tuple(fc.nat(200), fc.oneof(fc.constant(''), anyText), fc.nat(2));
    fc.assert(
      fc.property(listed, fc.oneof(edit, anyText), fc.nat(), (listed, other, at) => {
        const shownKeys = listed.map(({ name, secret }) => `fbk_${name}.${secret}`);
        const keys = listed.map(({ name, secret, scopes }) => parsed(entryOf(`fbk_${name}.${secret}`, name, scopes)));
        const base = shownKeys[at % shownKeys.length] ?? '';
        const shown = Array.isArray(other)
          ? base.slice(0, other[0]) + other[1] + base.slice(other[0] + other[2])
          : other;
        fc.pre(!shownKeys.includes(shown));
        expect(findBackendKey(shown, keys)).toBeUndefined();
        expect(findBackendKey(hashOf(base).toString('hex'), keys)).toBeUndefined();
      }),
      tries(500),
    );
  });

  it('does not let a key pass under another name than the one it is listed by', () => {
    fc.assert(
      fc.property(keyName, keyName, secret, (name, other, secret) => {
        fc.pre(name !== other);
        const key = `fbk_${name}.${secret}`;
        expect(findBackendKey(key, [parsed(entryOf(key, other, ['mint']))])).toBeUndefined();
        expect(findBackendKey(`fbk_${other}.${secret}`, [parsed(entryOf(key, name, ['mint']))])).toBeUndefined();
      }),
      tries(300),
    );
  });
});

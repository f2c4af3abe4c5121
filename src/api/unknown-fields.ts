import { closestMatch } from 'leven';
import type { FieldFault } from '../contract/responses';
import { BACKEND_KEY_PREFIX } from '../settings/backend-key';

/** The field `Token` can hold the credential, and `request` holds the headers, which the platform adds. */
const ALWAYS_ALLOWED = ['Token', 'request'];

/** A body can have thousands of fields. More faults than this do not help a person. */
const MAX_FAULTS = 100;

/**
 * Finds the fields that are not known, and for each the known field that it resembles.
 *
 * @param known the names of the known fields
 * @param path what precedes a name in `details`, such as `worker.`
 */
export function findUnknownFields(given: readonly string[], known: readonly string[], path = ''): FieldFault[] {
  const allowed = path === '' ? [...known, ...ALWAYS_ALLOWED] : known;
  return given
    .filter((name) => !allowed.includes(name))
    .slice(0, MAX_FAULTS)
    .map((name) => ({ field: path + printable(name), message: adviceOn(name, known, path, given) }));
}

function adviceOn(name: string, known: readonly string[], path: string, given: readonly string[]): string {
  const candidates = [
    ...known.map((field) => path + field),
    ...(known.includes('worker') ? ['worker.attributes'] : []),
  ];
  // A field that is given already is less likely to be what is meant.
  const isGiven = (field: string) => Number(given.includes(field));
  const likelyFirst = [...candidates].sort((a, b) => isGiven(a) - isGiven(b));
  const field = findSimilar(name, path === '' ? [...likelyFirst, 'Token'] : likelyFirst);
  if (field === undefined) return `is not a known field. Known fields: ${candidates.join(', ')}.`;
  const hint = name.startsWith('worker') ? ' In a form, "worker" is one field that holds a JSON object.' : '';
  return `is not a known field. Did you mean "${field}"?${hint}`;
}

/** Finds the field that a name probably means: one of the same letters, a part of one, or one with a slip. */
function findSimilar(name: string, fields: readonly string[]): string | undefined {
  // `roles[]` means roles, and `worker[attributes][language]` means worker.attributes.
  const parts = name
    .slice(0, MAX_NAME_LENGTH)
    .split(/[[\].]/)
    .map(lettersOf);
  const [first = ''] = parts;
  const spellings = [parts.slice(0, 2).join(''), first].filter((spelling) => spelling.length >= MIN_LETTERS);
  const candidates = fields.flatMap((field) =>
    [field, field.slice(field.lastIndexOf('.') + 1)].map((part) => ({ field, letters: lettersOf(part) })),
  );
  const closest = closestMatch(
    first,
    candidates.map(({ letters }) => letters),
    { maxDistance: Math.ceil(first.length / 4) },
  );
  const found =
    spellings.flatMap((spelling) => candidates.filter(({ letters }) => letters === spelling)).at(0) ??
    candidates.find(({ letters }) => spellings.some((other) => letters.includes(other) || other.includes(letters))) ??
    candidates.find(({ letters }) => letters === closest);
  return found?.field;
}

const MIN_LETTERS = 3;

/** Names longer than this resemble no field. */
const MAX_NAME_LENGTH = 64;

const lettersOf = (name: string) => name.toLowerCase().replace(/[^a-z]/g, '');

/**
 * Splits first, because one expression for the whole name would backtrack. The expression is in the function, because setting up its
 * classes of letters would slow down a cold start.
 */
const hasShortParts = (name: string) =>
  name.split(/[[\]. ]/).every((part) => /^[\p{L}\p{M}\p{N}_:'"-]{0,24}$/u.test(part));

/** How a backend key begins, and every token in JSON (the base64url of `{"`). */
const SECRET = new RegExp(`${BACKEND_KEY_PREFIX}|eyJ`);

/**
 * Returns a name as the response can show it. Does not repeat what may be a secret, a token or a body that was sent as the name of
 * a field: they have longer parts than any name.
 */
function printable(name: string): string {
  const secret = SECRET.exec(name)?.[0];
  if (secret !== undefined) return `${secret}…`;
  const isShown = name !== '' && name.length <= MAX_NAME_LENGTH && hasShortParts(name);
  if (isShown) return name;
  const shown = name.slice(0, 16).replace(/[^ -~]/g, '?');
  return shown !== '' && shown === name ? name : `${shown}…`;
}

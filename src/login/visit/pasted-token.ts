import { Failure } from '../failures/failure';

/** Format and control characters, which chat programs and mail clients add invisibly. Blanks and line breaks stay. */
const INVISIBLE = /(?!\s)[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
/** The field of the response to `mint`, or of a session: whole, in part, or escaped inside another JSON text. */
const JSON_FIELD = /\\?["']access_?token\\?["']\s*:\s*\\?["']([^"'\\]*)/i;
/** Everything up to the scheme, as in `Authorization: Bearer …` or a `curl` command. No token contains a blank. */
const SCHEME = /^.*\bbearer(\s+|$)/is;
const QUOTES_AROUND = /^["'`“”„‘’«»‹›<>]+|["'`“”„‘’«»‹›<>,;]+$/g;
/** What a bearer token consists of (RFC 6750, section 2.1). */
const TOKEN = /^[A-Za-z0-9._~+/=-]+$/;

/**
 * Returns the token in what a person pasted. Does not verify it.
 *
 * @throws {Failure} `no-token` if there is nothing, `not-a-token` if it has a character that no token has, or no dot
 */
export function parsePastedToken(pasted: string): string {
  const visible = pasted.replace(INVISIBLE, '');
  const field = JSON_FIELD.exec(visible)?.[1] ?? visible;
  const token = field
    .trim()
    .replace(QUOTES_AROUND, '')
    .replace(SCHEME, '')
    .replace(QUOTES_AROUND, '')
    .replace(/\s+/g, '');
  if (token === '') throw new Failure('no-token');
  // A Flex token is a compact JWE: five parts, separated by dots.
  if (!TOKEN.test(token) || !token.includes('.')) throw new Failure('not-a-token');
  return token;
}

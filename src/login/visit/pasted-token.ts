import { Failure } from '../failures/failure';

/** What comes along where a token is copied from a command, from a browser's storage or from a mail. */
const AROUND = /^(authorization: *)?(bearer( +|$))?["'`“”„‘’«»]*|["'`“”„‘’«»,;]*$/gi;

/**
 * The token in what a person has pasted.
 *
 * @throws {Failure} `no-token` where there is nothing, `token` where it has characters that no token has
 */
export function parsePastedToken(pasted: string): string {
  const token = pasted.trim().replace(AROUND, '').replace(/\s+/g, '');
  if (token === '') throw new Failure('no-token');
  if (!/^[!-~]+$/.test(token)) throw new Failure('token');
  return token;
}

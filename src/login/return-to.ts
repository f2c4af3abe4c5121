import { Failure } from './failure';

/** Never registered (RFC 2606): where a path resolves against it, nothing in the path has changed the host. */
const ELSEWHERE = 'https://elsewhere.invalid';

/**
 * The path to go to after the sign-in. Judged by what a browser makes of it, since `//host`, `/\host` and a tab after
 * the slash all look like paths and lead to another site.
 *
 * @returns path, query and fragment, beginning with exactly one slash
 * @throws {Failure} `return-to`
 */
export function parseReturnTo(value: string): string {
  const url = URL.canParse(value, ELSEWHERE) ? new URL(value, ELSEWHERE) : undefined;
  if (url?.origin !== ELSEWHERE || !value.startsWith('/') || /\p{Cc}/u.test(value)) throw new Failure('return-to');
  const path = url.pathname + url.search + url.hash;
  // `/.//host` is a path, but becomes `//host` once it is taken apart and put together again.
  if (path.startsWith('//')) throw new Failure('return-to');
  return path;
}

import { parseUrl } from '../browser/parse-url';
import { Failure } from '../failures/failure';

/** Never registered (RFC 2606). A path that resolves against it to another host has changed the host. */
const ELSEWHERE = 'https://elsewhere.invalid';

/**
 * Returns the path to open after the sign-in: path, query and fragment, with exactly one slash at the start. Judges by
 * what a browser makes of it, since `//host`, `/\host` and a tab after the slash look like paths but lead to another site.
 *
 * @throws {Failure} `return-to`
 */
export function parseReturnTo(value: string): string {
  const url = parseUrl(value, ELSEWHERE);
  if (url?.origin !== ELSEWHERE || !value.startsWith('/') || /\p{Cc}/u.test(value)) throw new Failure('return-to');
  const path = url.pathname + url.search + url.hash;
  // `/.//host` is a path, but becomes `//host` once it is parsed and joined again.
  if (path.startsWith('//')) throw new Failure('return-to');
  return path;
}

/** Whether the path differs from the page's URL in its fragment only, so that opening it loads nothing. */
export function isPlaceOnPage(path: string, page: URL): boolean {
  const [pathAndQuery, hash] = path.split('#');
  return Boolean(hash) && pathAndQuery === page.pathname;
}

/** `https://`, a host name of 253 characters, and a port. A request's header can be longer by megabytes. */
export const MAX_ORIGIN_LENGTH = 267;

/** Scheme, host and port, and a final slash at most. `URL` alone is too lenient: it drops `/x/..`, an empty user and tabs, and keeps a `*`. */
const ORIGIN = /^https?:\/\/[^\s/\\?#@*%]+\/?$/i;

/**
 * Parses an `http` or `https` origin as people write it in a setting.
 *
 * @returns the origin as a browser names it (lower case, no default port), or `undefined` if the text is anything else
 */
export function parseOrigin(text: string): string | undefined {
  if (text.length > MAX_ORIGIN_LENGTH || !ORIGIN.test(text) || !URL.canParse(text)) return undefined;
  const { origin } = new URL(text);
  // Again, since `URL` turns other asterisks, such as a full-width one, into `*`.
  return ORIGIN.test(origin) ? origin : undefined;
}

/** Whether a host, with or without a port, is this machine. */
export const isLocalhost = (host: string): boolean => /^(localhost|127\.0\.0\.1)(:\d+)?$/.test(host);

import { isLocalhost, parseOrigin } from '../settings/origin';

/** What a page can read besides the body: when to retry, and the server's clock, for devices whose own is wrong. */
const EXPOSED = 'Retry-After, Date';

/** Where Flex plugins run. */
const FLEX_ORIGIN = 'https://flex.twilio.com';

/** Which origins may read the responses. */
export interface OriginPolicy {
  readonly allowedOrigins: readonly string[];
  /** The host that serves the Function: the platform's `context.DOMAIN_NAME`. */
  readonly domainName: string;
}

/** Whether a page of this origin may read the responses. Compares exactly: no prefix, no pattern, no wildcard. */
export function isAllowedOrigin(origin: string, policy: OriginPolicy): boolean {
  return (
    origin === FLEX_ORIGIN ||
    policy.allowedOrigins.includes(origin) ||
    (isLocalhost(policy.domainName) && isLocalhostOrigin(origin))
  );
}

/** While the service runs on a developer's machine, so does the plugin or app that calls it, on another port. */
function isLocalhostOrigin(origin: string): boolean {
  const url = parseOrigin(origin) === origin ? new URL(origin) : undefined;
  return url?.protocol === 'http:' && isLocalhost(url.host);
}

/**
 * Returns the headers that let a page read the response. The platform responds to preflights itself and allows every origin there,
 * so only these decide.
 */
export function corsHeaders(origin: string | undefined, policy: OriginPolicy): Record<string, string> {
  const headers = { Vary: 'Origin' };
  if (origin === undefined || !isAllowedOrigin(origin, policy)) return headers;
  return { ...headers, 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': EXPOSED };
}

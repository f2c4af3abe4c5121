import { isLocalhost, parseOrigin } from '../settings/origin';

/** Flex itself: a plugin calls from there. */
const FLEX_ORIGIN = 'https://flex.twilio.com';

/** What decides whether an origin may read our answers. */
export interface OriginPolicy {
  readonly allowedOrigins: readonly string[];
  /** The host that serves the Function, as the platform names it in `context.DOMAIN_NAME`. */
  readonly domainName: string;
}

/** Whether a page of this origin may read our answers. The comparison is exact: no prefix, no pattern, no wildcard. */
export function isAllowedOrigin(origin: string, policy: OriginPolicy): boolean {
  return (
    origin === FLEX_ORIGIN ||
    policy.allowedOrigins.includes(origin) ||
    (isLocalhost(policy.domainName) && isLocalhostOrigin(origin))
  );
}

/** While the service runs on a developer's machine, so does the plugin or app that calls it, at a port of its own. */
function isLocalhostOrigin(origin: string): boolean {
  const own = parseOrigin(origin) === origin ? new URL(origin) : undefined;
  return own?.protocol === 'http:' && isLocalhost(own.host);
}

/**
 * The headers that let a browser hand our answer to a page. The platform answers preflights itself and allows any origin
 * there; what counts is this answer's own header.
 */
export function corsHeaders(origin: string | undefined, policy: OriginPolicy): Record<string, string> {
  const headers = { Vary: 'Origin' };
  if (origin === undefined || !isAllowedOrigin(origin, policy)) return headers;
  return { ...headers, 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': 'Retry-After' };
}

import { Failure } from './failure';
import { SENTENCES } from './sentences';
import type { Session } from './session';

export interface Opener {
  postMessage(message: unknown, targetOrigin: string): void;
}

/**
 * An origin exactly as a browser writes it: scheme, host and port, nothing before or after.
 *
 * @throws {Failure} `popup-origin`
 */
export function parseOrigin(value: string | null): string {
  const origin = value !== null && URL.canParse(value) ? new URL(value).origin : undefined;
  // `null` is the origin of every opaque URL, and so of nobody in particular.
  if (origin === undefined || origin !== value || origin === 'null') throw new Failure('popup-origin');
  return origin;
}

const isLoopback = (hostname: string) => hostname === 'localhost' || hostname === '127.0.0.1';

/** While this page is itself on the developer's machine, so may be the app that opens it, at any port. */
export function assertAllowedOrigin(origin: string, allowed: readonly string[], pageHostname: string): void {
  const { protocol, hostname } = new URL(origin);
  if (allowed.includes(origin)) return;
  if (isLoopback(pageHostname) && protocol === 'http:' && isLoopback(hostname)) return;
  throw new Failure('popup-origin', origin);
}

/** Hands the session to the window that opened this one. The browser drops the message where its origin is another by now. */
export function deliverSession(opener: Opener | null, session: Session, origin: string): void {
  if (!opener) throw new Failure('no-opener');
  opener.postMessage({ type: 'flex-auth:session', session }, origin);
}

/** Tells that window why there is no session, in the page's own words: nothing of what others have said goes along. */
export function deliverRefusal(opener: Opener | null, { kind }: Failure, origin: string): void {
  opener?.postMessage({ type: 'flex-auth:refused', reason: kind, message: SENTENCES[kind] }, origin);
}

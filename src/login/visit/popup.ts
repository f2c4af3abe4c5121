import { REFUSED_MESSAGE, type RefusedMessage, SESSION_MESSAGE, type SessionMessage } from '../../contract/messages';
import type { Session } from '../../contract/session';
import { isLocalhost } from '../../settings/origin';
import { parseUrl } from '../browser/parse-url';
import { Failure } from '../failures/failure';
import { SENTENCES } from '../failures/sentences';

/** The part of the window that opened this one that the page uses. */
export interface Opener {
  postMessage(message: SessionMessage | RefusedMessage, targetOrigin: string): void;
}

/** What passes between this page, in a popup, and the site that opened it. */
export interface PopupLink {
  /** @throws {Failure} `no-opener`, or `popup-origin` if that site may not receive a session; or why that is unknown */
  assertMayReceive(origin: string): Promise<void>;
  /** Checks the site again, since time has passed, then hands it the session and closes this window. */
  deliver(session: Session, origin: string): Promise<void>;
  /** Reports a failure to the site, in the page's own words only. A site that is not allowed learns nothing. */
  refuse(failure: Failure, origin: string): Promise<void>;
}

export interface PopupSurroundings {
  readonly opener: Opener | null;
  readonly url: URL;
  allowedOrigins(): Promise<readonly string[]>;
  closeWindow(): void;
}

export function createPopupLink({ opener, url, allowedOrigins, closeWindow }: PopupSurroundings): PopupLink {
  const allowedOpener = async (origin: string): Promise<Opener> => {
    if (!opener) throw new Failure('no-opener');
    assertAllowedOrigin(origin, await allowedOrigins(), url.hostname);
    return opener;
  };
  return {
    async assertMayReceive(origin) {
      await allowedOpener(origin);
    },
    async deliver(session, origin) {
      // The browser drops the message if the opener has moved to another origin.
      (await allowedOpener(origin)).postMessage({ type: SESSION_MESSAGE, session }, origin);
      closeWindow();
    },
    async refuse({ kind }, origin) {
      const message = { type: REFUSED_MESSAGE, reason: kind, message: SENTENCES[kind] } as const;
      (await allowedOpener(origin)).postMessage(message, origin);
    },
  };
}

/**
 * Parses an origin exactly as a browser writes it: scheme, host and port, nothing before or after.
 *
 * @throws {Failure} `popup-origin`
 */
export function parseOpenerOrigin(value: string | undefined): string {
  const origin = value === undefined ? undefined : parseUrl(value)?.origin;
  // `null` is the origin of every opaque URL.
  if (origin === undefined || origin !== value || origin === 'null') throw new Failure('popup-origin');
  return origin;
}

/** Accepts a listed origin; and any origin on this machine if the page itself is on it, at any port. */
export function assertAllowedOrigin(origin: string, allowed: readonly string[], pageHostname: string): void {
  if (allowed.includes(origin)) return;
  const { protocol, hostname } = new URL(origin);
  if (isLocalhost(pageHostname) && protocol === 'http:' && isLocalhost(hostname)) return;
  throw new Failure('popup-origin', origin);
}

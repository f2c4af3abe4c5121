import { randomBytes } from 'node:crypto';

/** What follows from one sign-in, until it ends. */
export interface Session {
  readonly flexUserSid: string;
  readonly ssoProfileSid: string;
  readonly startedAtSeconds: number;
}

/** The sessions of one account, by the refresh tokens that they have had. */
export class Sessions {
  readonly #byRefreshToken = new Map<string, Session>();
  /** The one refresh token that each session can be renewed with. */
  readonly #current = new Map<Session, string>();

  /** @param now milliseconds since the epoch */
  constructor(readonly now: () => number) {}

  start(flexUserSid: string, ssoProfileSid: string): Session {
    return { flexUserSid, ssoProfileSid, startedAtSeconds: Math.floor(this.now() / 1000) };
  }

  nextRefreshToken(session: Session): string {
    const refreshToken = randomBytes(32).toString('base64url');
    this.#byRefreshToken.set(refreshToken, session);
    this.#current.set(session, refreshToken);
    return refreshToken;
  }

  /**
   * Uses a refresh token up. One that was used before is in two hands, so it ends the session: neither can go on.
   *
   * @see https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2
   */
  take(refreshToken: string): Session | undefined {
    const session = this.#byRefreshToken.get(refreshToken);
    if (session === undefined) return undefined;
    const isCurrent = this.#current.get(session) === refreshToken;
    this.#current.delete(session);
    return isCurrent ? session : undefined;
  }

  clear(): void {
    this.#byRefreshToken.clear();
    this.#current.clear();
  }
}

import { randomBytes } from 'node:crypto';

/** The session that follows a sign-in. */
export interface TwilioSession {
  readonly flexUserSid: string;
  readonly ssoProfileSid: string;
  readonly startedAtSeconds: number;
}

/** The sessions of one account, by all refresh tokens that were issued for them. */
export class TwilioSessions {
  readonly #byRefreshToken = new Map<string, TwilioSession>();
  /** The only refresh token that can renew each session. */
  readonly #current = new Map<TwilioSession, string>();

  /** @param now milliseconds since the epoch */
  constructor(readonly now: () => number) {}

  start(flexUserSid: string, ssoProfileSid: string): TwilioSession {
    return { flexUserSid, ssoProfileSid, startedAtSeconds: Math.floor(this.now() / 1000) };
  }

  nextRefreshToken(session: TwilioSession): string {
    const refreshToken = randomBytes(32).toString('base64url');
    this.#byRefreshToken.set(refreshToken, session);
    this.#current.set(session, refreshToken);
    return refreshToken;
  }

  /**
   * Uses up a refresh token and returns its session. A refresh token that was used before may be stolen, so it ends the session.
   *
   * @see https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2
   */
  take(refreshToken: string): TwilioSession | undefined {
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

import { createHash, randomBytes } from 'node:crypto';
import { type TwilioSession, TwilioSessions } from './sessions';
import type { IssuedToken, TokenStore } from './tokens';
import type { SandboxUser } from './users';

/** The configuration of the account's single sign-on. */
export interface SignInSettings {
  /** Whether the one configuration is listed at all. */
  listed: boolean;
  /** Whether it is listed as active. If it is not, all sign-ins are refused. */
  active: boolean;
  /** The URLs to which a browser may return. Origin and path must match exactly. */
  trustedRedirectUrls: readonly string[];
  /** How long a code can be exchanged. */
  codeSeconds: number;
  /** The lifetime of an access token, unless the session ends earlier. */
  accessTokenSeconds: number;
  /** The maximum lifetime of a session, from the sign-in. */
  sessionSeconds: number;
}

/** The parameters of Authorize. */
export interface AuthorizationRequest {
  redirectUrl: string;
  ssoProfileSid: string;
  codeChallenge: string;
  nonce: string;
  state: string;
}

/** The parameters of a code exchange. */
export interface CodeExchangeParameters {
  ssoProfileSid: string;
  code: string;
  codeVerifier: string;
  nonce: string;
}

export interface SessionTokens extends IssuedToken {
  refresh_token: string;
}

/** Thrown if Twilio refuses a sign-in or a renewal; the message says why. */
export class SignInRefused extends Error {}

const DEFAULTS: SignInSettings = {
  listed: true,
  active: true,
  trustedRedirectUrls: [],
  codeSeconds: 60,
  accessTokenSeconds: 3600,
  sessionSeconds: 24 * 3600,
};

/** The single sign-on of one account: sign-ins, codes and sessions. */
export class SignIn {
  #initial: SignInSettings;
  #settings: SignInSettings;
  readonly #requests = new Map<string, AuthorizationRequest>();
  readonly #codes = new Map<string, AuthorizationRequest & { user: SandboxUser; expiresAtMs: number }>();
  readonly #sessions: TwilioSessions;

  constructor(
    readonly tokens: TokenStore,
    trustedRedirectUrls: readonly string[],
  ) {
    this.#initial = { ...DEFAULTS, trustedRedirectUrls: trustedRedirectUrls.map(placeOf) };
    this.#settings = this.#initial;
    this.#sessions = new TwilioSessions(tokens.now);
  }

  get settings(): Readonly<SignInSettings> {
    return this.#settings;
  }

  /** Changes some of the settings until the next reset. */
  configure(changes: Partial<SignInSettings>): void {
    const trusted = (changes.trustedRedirectUrls ?? this.#settings.trustedRedirectUrls).map(placeOf);
    this.#settings = { ...this.#settings, ...changes, trustedRedirectUrls: trusted };
  }

  /** Adds a page to which browsers may return. A reset keeps it. */
  trust(redirectUrl: string): void {
    const withPlace = (settings: SignInSettings): SignInSettings => ({
      ...settings,
      trustedRedirectUrls: [...settings.trustedRedirectUrls, placeOf(redirectUrl)],
    });
    this.#initial = withPlace(this.#initial);
    this.#settings = withPlace(this.#settings);
  }

  /** Ends all sessions and pending sign-ins, and undoes `configure`. */
  reset(): void {
    this.#settings = this.#initial;
    this.#requests.clear();
    this.#codes.clear();
    this.#sessions.clear();
  }

  /** Returns the users who can sign in. */
  users(): SandboxUser[] {
    return this.tokens.users.all().filter(({ deactivated }) => !deactivated);
  }

  /** Starts a sign-in. @returns its ID, for one use @throws {SignInRefused} if the browser must not return */
  request(asked: AuthorizationRequest): string {
    if (!this.#knows(asked.ssoProfileSid)) {
      throw new SignInRefused(`There is no active sign-in profile ${asked.ssoProfileSid}.`);
    }
    if (!this.#trusts(asked.redirectUrl)) {
      throw new SignInRefused(`${asked.redirectUrl} is not among the trusted URLs of this account.`);
    }
    const id = secret();
    this.#requests.set(id, asked);
    return id;
  }

  /**
   * Completes a sign-in.
   *
   * @param flexUserSid the user who signs in; undefined if the person refuses
   * @returns the URL to which the browser returns; undefined if the sign-in is unknown or already completed
   */
  answer(id: string, flexUserSid: string | undefined): string | undefined {
    const request = this.#requests.get(id);
    if (request === undefined) return undefined;
    this.#requests.delete(id);
    const user = this.users().find((user) => user.flexUserSid === flexUserSid);
    if (user === undefined) {
      // Without a description, as when a person declines. A rule that excludes a user comes with one.
      const declined = flexUserSid === undefined;
      return withQuery(request, {
        error: 'access_denied',
        ...(declined ? {} : { error_description: 'The user is not active' }),
      });
    }
    const code = secret();
    const expiresAtMs = this.tokens.now() + this.#settings.codeSeconds * 1000;
    this.#codes.set(code, { ...request, user, expiresAtMs });
    return withQuery(request, { code });
  }

  /** Exchanges a code for tokens. The first attempt uses up the code, even if it fails. @throws {SignInRefused} */
  async exchange({ ssoProfileSid, code, codeVerifier, nonce }: CodeExchangeParameters): Promise<SessionTokens> {
    const granted = this.#codes.get(code);
    this.#codes.delete(code);
    if (granted === undefined) throw new SignInRefused('The code is unknown, or was used before');
    if (granted.expiresAtMs <= this.tokens.now()) throw new SignInRefused('The code has expired');
    if (granted.ssoProfileSid !== ssoProfileSid) throw new SignInRefused('The code belongs to another sign-in profile');
    if (granted.nonce !== nonce) throw new SignInRefused('The nonce does not match the sign-in');
    if (granted.codeChallenge !== createHash('sha256').update(codeVerifier).digest('base64url')) {
      throw new SignInRefused('The code verifier does not match the code challenge');
    }
    return this.#grant(this.#sessions.start(granted.user.flexUserSid, ssoProfileSid));
  }

  /** Renews a session. Each refresh token can be used once; a second use ends the session. @throws {SignInRefused} */
  async refresh(ssoProfileSid: string, refreshToken: string): Promise<SessionTokens> {
    const session = this.#sessions.take(refreshToken);
    if (session === undefined) throw new SignInRefused('The refresh token is unknown, or was used before');
    if (session.ssoProfileSid !== ssoProfileSid) {
      throw new SignInRefused('The refresh token belongs to another sign-in profile');
    }
    return this.#grant(session);
  }

  async #grant(session: TwilioSession): Promise<SessionTokens> {
    const { accessTokenSeconds, sessionSeconds } = this.#settings;
    const user = this.users().find(({ flexUserSid }) => flexUserSid === session.flexUserSid);
    if (!this.#knows(session.ssoProfileSid)) throw new SignInRefused('The sign-in profile is not active');
    if (user === undefined) throw new SignInRefused('The user is not active');
    const leftSeconds = session.startedAtSeconds + sessionSeconds - Math.floor(this.tokens.now() / 1000);
    if (leftSeconds <= 0) throw new SignInRefused('The session has reached its maximum lifetime');
    // Near the end of a session, a new token expires no later than the previous one. The Flex SDK then emits
    // `tokenMaxLifetimeReached`.
    const minted = await this.tokens.mint(user, Math.min(accessTokenSeconds, leftSeconds));
    return { ...minted, refresh_token: this.#sessions.nextRefreshToken(session) };
  }

  #knows(ssoProfileSid: string): boolean {
    const { listed, active } = this.#settings;
    return listed && active && ssoProfileSid === this.tokens.users.account.ssoProfileSid;
  }

  #trusts(redirectUrl: string): boolean {
    return URL.canParse(redirectUrl) && this.#settings.trustedRedirectUrls.includes(placeOf(redirectUrl));
  }
}

/** Returns the part of a redirect URL that is compared: everything but the query. User names and fragments never match. */
function placeOf(redirectUrl: string): string {
  const url = new URL(redirectUrl);
  url.search = '';
  return url.href;
}

function withQuery({ redirectUrl, state }: AuthorizationRequest, fields: Readonly<Record<string, string>>): string {
  const url = new URL(redirectUrl);
  for (const [name, value] of Object.entries({ ...fields, state })) url.searchParams.set(name, value);
  return url.href;
}

function secret(): string {
  return randomBytes(32).toString('base64url');
}

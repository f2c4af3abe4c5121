import { randomBytes } from 'node:crypto';
import { EncryptJWT, errors, jwtDecrypt } from 'jose';
import { identityOf, type SandboxGuest, type SandboxUser, twilioDate, type Users } from './users';

/** What `Tokens/validate` returns for a valid token. */
export interface TokenClaims {
  valid: boolean;
  code: number;
  message: string | null;
  /** ISO 8601 */
  expiration: string;
  identity: string;
  realm_user_id: string | null;
  roles: readonly string[];
  worker_sid: string | null;
  flex_instance_sid: string;
  flex_user_sid: string | null;
}

/** Claims that replace the real ones: null stays null, undefined removes the claim, and any type is possible. */
export type ClaimOverrides = { [Claim in keyof TokenClaims]?: unknown };

/** A new token, and what the Flex Users API returns about it. */
export interface IssuedToken {
  access_token: string;
  token_info: {
    account_sid: string;
    /** ISO 8601, without fractions of a second. */
    expiration: string;
    flex_instance_sid: string;
    flex_user_sid: string;
    identity: string;
    permissions: readonly string[];
    roles: readonly string[];
    username: string;
  };
}

/** The result of validating a token: genuine and live, or the code and message that say why not. */
export type Inspection = { genuine: true; claims: ClaimOverrides } | { genuine: false; code: number; message: string };

/** Codes of https://www.twilio.com/docs/api/errors for invalid and expired access tokens. */
const INVALID = { genuine: false, code: 20101, message: 'Invalid Access Token' } as const;
const EXPIRED = { genuine: false, code: 20104, message: 'Access Token expired or expiration date invalid' } as const;

/** Twilio's default, repeated on purpose: the Functions have their own constant. */
const DEFAULT_TTL_SECONDS = 3600;

/** Permission SIDs as in the documented sample. Twilio does not document their meaning. */
export const PERMISSIONS = ['FPN9999', 'FPN0000'];

/** Issues and validates Flex tokens: compact JWEs that only the same sandbox can read. */
export class TokenStore {
  // Each sandbox has a key, so that a sandbox treats the token of another one as the token of another account.
  readonly #key = Uint8Array.from(randomBytes(32));

  /** @param now milliseconds since the epoch */
  constructor(
    readonly users: Users,
    readonly now: () => number,
  ) {}

  /** Issues a token for a user, with its description. */
  async mint(user: SandboxUser, ttlSeconds: number): Promise<IssuedToken> {
    const expiresAtSeconds = this.#secondsFromNow(ttlSeconds);
    const { accountSid, instanceSid } = this.users.account;
    return {
      access_token: await this.#seal(user, this.#claimsOf(user, expiresAtSeconds), expiresAtSeconds),
      token_info: {
        account_sid: accountSid,
        expiration: twilioDate(expiresAtSeconds * 1000),
        flex_instance_sid: instanceSid,
        flex_user_sid: user.flexUserSid,
        identity: identityOf(user.username),
        permissions: PERMISSIONS,
        roles: user.roles,
        username: user.username,
      },
    };
  }

  /**
   * Issues a token with any claims, for tests.
   *
   * @param ttlSeconds 0 or less issues an expired token
   * @param overrides replace the claims in responses of `Tokens/validate`; the token still expires after `ttlSeconds`
   */
  async issue(
    holder: SandboxUser | SandboxGuest,
    ttlSeconds = DEFAULT_TTL_SECONDS,
    overrides: ClaimOverrides = {},
  ): Promise<string> {
    const expiresAtSeconds = this.#secondsFromNow(ttlSeconds);
    return this.#seal(holder, { ...this.#claimsOf(holder, expiresAtSeconds), ...overrides }, expiresAtSeconds);
  }

  #secondsFromNow(seconds: number): number {
    return Math.floor(this.now() / 1000) + seconds;
  }

  #seal(holder: SandboxUser | SandboxGuest, claims: ClaimOverrides, expiresAtSeconds: number): Promise<string> {
    const token = new EncryptJWT({ claims })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ: 'JWT' })
      .setExpirationTime(expiresAtSeconds);
    // The holder is stored apart from the claims, so that overrides cannot hide a deactivated user.
    if ('flexUserSid' in holder) token.setSubject(holder.flexUserSid);
    return token.encrypt(this.#key);
  }

  async inspect(token: unknown): Promise<Inspection> {
    if (typeof token !== 'string') return INVALID;
    try {
      const { payload } = await jwtDecrypt<{ claims: ClaimOverrides }>(token, this.#key, {
        currentDate: new Date(this.now()),
      });
      const gone = payload.sub !== undefined && this.users.bySid(payload.sub)?.deactivated !== false;
      return gone ? INVALID : { genuine: true, claims: payload.claims };
    } catch (error) {
      if (error instanceof errors.JWTExpired) return EXPIRED;
      if (error instanceof errors.JOSEError) return INVALID;
      throw error;
    }
  }

  #claimsOf(holder: SandboxUser | SandboxGuest, expiresAtSeconds: number): TokenClaims {
    const user = 'flexUserSid' in holder ? holder : undefined;
    return {
      valid: true,
      code: 0,
      message: null,
      expiration: new Date(expiresAtSeconds * 1000).toISOString(),
      identity: user === undefined ? (holder as SandboxGuest).identity : identityOf(user.username),
      realm_user_id: user?.username ?? null,
      roles: holder.roles,
      worker_sid: user?.worker_sid ?? null,
      flex_instance_sid: this.users.account.instanceSid,
      flex_user_sid: user?.flexUserSid ?? null,
    };
  }
}

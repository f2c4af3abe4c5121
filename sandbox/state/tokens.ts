import { randomBytes } from 'node:crypto';
import { EncryptJWT, errors, jwtDecrypt } from 'jose';
import { identityOf, type SandboxGuest, type SandboxUser, twilioDate, type Users } from './users';

/** What `Tokens/validate` tells about a valid token. */
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

/** Claims put in place of the true ones: null stays null, undefined is left out, and anything may be of a wrong type. */
export type ClaimOverrides = { [Claim in keyof TokenClaims]?: unknown };

/** A new token, and what the Flex Users API tells about it. */
export interface MintedToken {
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

/** A token as Twilio sees it: genuine and live, or the code and message that say why not. */
export type Inspection = { genuine: true; claims: ClaimOverrides } | { genuine: false; code: number; message: string };

/** Codes of https://www.twilio.com/docs/api/errors for access tokens that are wrong or too old. */
const INVALID = { genuine: false, code: 20101, message: 'Invalid Access Token' } as const;
const EXPIRED = { genuine: false, code: 20104, message: 'Access Token expired or expiration date invalid' } as const;

const DEFAULT_TTL_SECONDS = 3600;

/** Permission SIDs as in the documented sample; what they stand for is Twilio's secret. */
export const PERMISSIONS = ['FPN9999', 'FPN0000'];

/** Makes and reads Flex tokens: compact JWEs, opaque to all but the sandbox that made them. */
export class Tokens {
  // Of its own for each sandbox, so that a token of one is a foreign account's to another.
  readonly #key = Uint8Array.from(randomBytes(32));

  /** @param now milliseconds since the epoch */
  constructor(
    readonly users: Users,
    readonly now: () => number,
  ) {}

  /** A token for a user, and its description. */
  async mint(user: SandboxUser, ttlSeconds: number): Promise<MintedToken> {
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
   * @param ttlSeconds 0 or less makes a token that has expired already
   * @param overrides what `Tokens/validate` shall say instead; the real expiry stays the one of `ttlSeconds`
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
    // The holder stands apart from the claims, so that overriding these cannot hide who was deactivated.
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

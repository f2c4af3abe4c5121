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

export interface NewToken {
  accessToken: string;
  /** Without fractions of a second, as in `token_info`. */
  expiration: string;
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

  constructor(readonly users: Users) {}

  /**
   * @param ttlSeconds 0 or less makes a token that has expired already
   * @param overrides what `Tokens/validate` shall say instead; the real expiry stays the one of `ttlSeconds`
   */
  async issue(
    holder: SandboxUser | SandboxGuest,
    ttlSeconds = DEFAULT_TTL_SECONDS,
    overrides: ClaimOverrides = {},
  ): Promise<NewToken> {
    const expiresAtSeconds = Math.floor(Date.now() / 1000) + ttlSeconds;
    const claims = { ...this.#claimsOf(holder, expiresAtSeconds * 1000), ...overrides };
    const token = new EncryptJWT({ claims })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ: 'JWT' })
      .setExpirationTime(expiresAtSeconds);
    // The holder stands apart from the claims, so that overriding these cannot hide who was deactivated.
    if ('flexUserSid' in holder) token.setSubject(holder.flexUserSid);
    return { accessToken: await token.encrypt(this.#key), expiration: twilioDate(expiresAtSeconds * 1000) };
  }

  async inspect(token: unknown): Promise<Inspection> {
    if (typeof token !== 'string') return INVALID;
    try {
      const { payload } = await jwtDecrypt<{ claims: ClaimOverrides }>(token, this.#key);
      const gone = payload.sub !== undefined && this.users.bySid(payload.sub)?.deactivated !== false;
      return gone ? INVALID : { genuine: true, claims: payload.claims };
    } catch (error) {
      if (error instanceof errors.JWTExpired) return EXPIRED;
      if (error instanceof errors.JOSEError) return INVALID;
      throw error;
    }
  }

  #claimsOf(holder: SandboxUser | SandboxGuest, expiresAtMs: number): TokenClaims {
    const user = 'flexUserSid' in holder ? holder : undefined;
    return {
      valid: true,
      code: 0,
      message: null,
      expiration: new Date(expiresAtMs).toISOString(),
      identity: user === undefined ? (holder as SandboxGuest).identity : identityOf(user.username),
      realm_user_id: user?.username ?? null,
      roles: holder.roles,
      worker_sid: user?.worker_sid ?? null,
      flex_instance_sid: this.users.account.instanceSid,
      flex_user_sid: user?.flexUserSid ?? null,
    };
  }
}

import { compactVerify, decodeProtectedHeader, errors } from 'jose';
import { MAX_TOKEN_LENGTH } from '../../contract/limits';
import { isRecord } from '../../json';
import type { IdentityProvider } from '../../settings/identity-provider';
import type { UpstreamCall } from '../../upstream/call';
import type { KeySet } from './discovery';
import { invalidProviderToken } from './invalid-token';
import { keysOf } from './keys';
import { ALGORITHMS, brokenClaimRule, brokenHeaderRule } from './rules';

// Not exported, so that no other module can make verified claims.
declare const verified: unique symbol;

/** The claims of a token that has passed every rule. Only {@link verifyToken} makes them. */
export interface VerifiedClaims extends Readonly<Record<string, unknown>> {
  readonly [verified]: true;
  /** Seconds since 1970. */
  readonly exp: number;
}

/**
 * Verifies a token of the customer's identity provider: an ID token, or an access token in JWT form. The signature is verified by
 * `jose`; the rules for header and claims are those of `rules.ts`, since `jose` has one tolerance for all times, and accepts
 * additional audiences. Does not decide what the token's user may do.
 *
 * @throws {ApiError} `invalid_token` with the same public message for every rule; the reason is for the log
 * @throws {ApiError} `upstream_error`, `upstream_timeout` if the provider's keys could not be read
 * @see https://www.rfc-editor.org/rfc/rfc8725 (JWT best current practices)
 */
export async function verifyToken(
  token: string,
  provider: IdentityProvider,
  call: UpstreamCall,
): Promise<VerifiedClaims> {
  const { kid } = checkHeader(token);
  const { discovery, keySet } = await keysOf(provider.issuer).find(kid, call);
  const payload = await verifySignature(token, keySet);
  const claims = withoutThrowing(() => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload)));
  if (!isRecord(claims)) throw invalidProviderToken('the claims are not a JSON object');
  const nowSeconds = Date.now() / 1000;
  const { userinfoEndpoint } = discovery;
  const broken = brokenClaimRule(claims, { provider, userinfoEndpoint, nowSeconds });
  if (broken !== undefined) throw invalidProviderToken(`rule violated: ${broken}`);
  // The one place where verified claims are made.
  return claims as unknown as VerifiedClaims;
}

function checkHeader(token: string): { kid: string | undefined } {
  if (token.length > MAX_TOKEN_LENGTH) throw invalidProviderToken('too long');
  const header = withoutThrowing(() => decodeProtectedHeader(token));
  if (!header) throw invalidProviderToken('not a signed JWT');
  const broken = brokenHeaderRule(header);
  if (broken !== undefined) throw invalidProviderToken(`rule violated: ${broken}`);
  return { kid: header.kid };
}

/** @returns the bytes that were signed */
async function verifySignature(token: string, { getKey }: KeySet): Promise<Uint8Array> {
  const options = { algorithms: [...ALGORITHMS] };
  try {
    return (await compactVerify(token, getKey, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw invalidProviderToken(`signature: ${nameOf(error)}`);
    // Without a key ID in the token, or with one that is used twice, any of these may be the one.
    for await (const key of error) {
      const verified = await compactVerify(token, key, options).catch(() => undefined);
      if (verified) return verified.payload;
    }
    throw invalidProviderToken('signature: no key matches');
  }
}

function withoutThrowing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The errors of `jose` have a code; their messages may quote the token. */
function nameOf(error: unknown): string {
  if (error instanceof errors.JOSEError) return error.code;
  return error instanceof Error ? error.name : typeof error;
}

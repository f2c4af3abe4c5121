import { createPublicKey } from 'node:crypto';
import { createLocalJWKSet, type JWK } from 'jose';
import * as v from 'valibot';
import { ApiError } from '../../errors';
import { isRecord, parseJson } from '../../json';
import { isProviderUrl } from '../../settings/identity-provider';
import type { UpstreamCall } from '../../upstream/call';
import { fetchWhole } from '../../upstream/fetch';
import type { UpstreamResponse } from '../../upstream/response';
import { ALGORITHMS } from './rules';

/** What an identity provider publishes about itself, as far as it is needed. */
export interface Discovery {
  readonly jwksUri: string;
  readonly userinfoEndpoint: string | undefined;
}

/** The usable keys of an identity provider. */
export interface KeySet {
  /** Finds the key for a token's header; throws an error of `jose` if there is none. */
  readonly getKey: ReturnType<typeof createLocalJWKSet>;
  /** The key IDs that the provider lists, those of unusable keys included. */
  readonly kids: ReadonlySet<unknown>;
  /** How many of its keys are usable. */
  readonly usable: number;
}

/** The provider publishes a list of keys, and none can be used: it has withdrawn those that it had. */
export class NoUsableKeys extends ApiError {
  constructor() {
    const { code, message, options } = unusable('keys: none is usable');
    super(code, message, options);
  }
}

const DiscoverySchema = v.object({
  issuer: v.string(),
  jwks_uri: v.pipe(v.string(), v.check(isProviderUrl)),
  userinfo_endpoint: v.fallback(v.optional(v.string()), undefined),
});

/** Where an issuer publishes its discovery document. @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig */
export const discoveryUrl = (issuer: string): string =>
  `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`;

/**
 * Reads the discovery document of an issuer. Does not follow redirects.
 *
 * @throws {ApiError} `upstream_error` or `upstream_timeout`
 */
export async function readDiscovery(issuer: string, call: UpstreamCall): Promise<Discovery> {
  const parsed = v.safeParse(DiscoverySchema, await getJson('discovery', discoveryUrl(issuer), call));
  if (!parsed.success) throw unusable('discovery: no issuer, or no jwks_uri by https');
  const { jwks_uri, userinfo_endpoint } = parsed.output;
  if (parsed.output.issuer !== issuer) throw unusable('discovery: issuer differs from OIDC_ISSUER');
  return { jwksUri: jwks_uri, userinfoEndpoint: userinfo_endpoint };
}

/**
 * Reads the keys that a provider signs with. Leaves out those that cannot verify a signature.
 *
 * @throws {NoUsableKeys}
 * @throws {ApiError} `upstream_error` or `upstream_timeout`
 */
export async function readKeySet({ jwksUri }: Discovery, call: UpstreamCall): Promise<KeySet> {
  const json = await getJson('keys', jwksUri, call);
  if (!isRecord(json) || !Array.isArray(json.keys)) throw unusable('keys: no list');
  const jwks = json.keys.filter(isRecord);
  const keys = jwks.filter(isUsable);
  if (keys.length === 0) throw new NoUsableKeys();
  return { getKey: createLocalJWKSet({ keys }), kids: new Set(jwks.map(({ kid }) => kid)), usable: keys.length };
}

/** The shortest RSA key that `jose` verifies with. */
const MIN_RSA_BITS = 2048;

/** The curves of ES256, ES384 and ES512, as Node names them. */
const CURVES: readonly unknown[] = ['prime256v1', 'secp384r1', 'secp521r1'];

function isUsable(jwk: Readonly<Record<string, unknown>>): jwk is JWK {
  const { use, alg } = jwk;
  const isForSignatures = use === undefined || use === 'sig';
  const isAlgorithmAccepted = alg === undefined || ALGORITHMS.some((accepted) => accepted === alg);
  if (!isForSignatures || !isAlgorithmAccepted) return false;
  // Anyone can sign with a private key that has been published.
  if (Object.hasOwn(jwk, 'd')) return false;
  try {
    const { asymmetricKeyType, asymmetricKeyDetails: details = {} } = createPublicKey({ key: jwk, format: 'jwk' });
    if (asymmetricKeyType === 'rsa') return (details.modulusLength ?? 0) >= MIN_RSA_BITS;
    return asymmetricKeyType === 'ed25519' || CURVES.includes(details.namedCurve);
  } catch {
    return false;
  }
}

async function getJson(what: string, url: string, call: UpstreamCall): Promise<unknown> {
  const headers = { Accept: 'application/json' };
  const response = await call
    .request('The identity provider', (limitMs) => fetchWhole(url, { headers }, limitMs))
    .catch((error: unknown) => {
      throw error instanceof ApiError ? withReason(error, what) : error;
    });
  if (response.status !== 200) throw refused(what, response);
  return parseJson(response.text);
}

/** The same error, whose reason for the log says what was requested. */
const withReason = ({ code, message, options }: ApiError, what: string): ApiError =>
  new ApiError(code, message, { ...options, reason: [what, options.reason].filter(Boolean).join(': ') });

function refused(what: string, { status, retryAfter }: UpstreamResponse): ApiError {
  const reason = `${what}: status ${status}`;
  const isTransient = status === 429 || status >= 500;
  if (!isTransient) return unusable(reason);
  return new ApiError('upstream_error', 'The identity provider is unavailable. Retry in a moment.', {
    retryAfter,
    reason,
  });
}

const unusable = (reason: string): ApiError =>
  new ApiError(
    'upstream_error',
    'The identity provider’s discovery document or keys are unusable. The operator should check OIDC_ISSUER and run `npm run doctor`.',
    { reason },
  );

import type { IdentityProvider } from '../../settings/identity-provider';

/** The accepted signature algorithms: asymmetric only, so that nothing public can be used as a secret. */
export const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

/** How far the provider's clock may be ahead of ours. An expired token gets no tolerance. */
const TOLERANCE_SECONDS = 60;

type Json = Readonly<Record<string, unknown>>;

/** What the claims of a token are compared with. */
export interface Expected {
  readonly provider: Pick<IdentityProvider, 'issuer' | 'audience'>;
  /** From the discovery document, if it names one. */
  readonly userinfoEndpoint: string | undefined;
  /** Seconds since 1970. */
  readonly nowSeconds: number;
}

/** The rules for a token's header, checked before anything is fetched. A token passes if all hold; a reason for the log is the rule's name. */
export const HEADER_RULES: Readonly<Record<string, (header: Json) => boolean>> = {
  'alg is an asymmetric algorithm': ({ alg }) => ALGORITHMS.some((accepted) => accepted === alg),
  'typ is absent, JWT or at+jwt': ({ typ }) =>
    typ === undefined || (typeof typ === 'string' && /^(application\/)?(at\+)?jwt$/i.test(typ)),
  'crit is absent': ({ crit }) => crit === undefined,
  'kid is absent or a string': ({ kid }) => kid === undefined || typeof kid === 'string',
};

/** The rules for the claims of a token whose signature has been verified. */
export const CLAIM_RULES: Readonly<Record<string, (claims: Json, expected: Expected) => boolean>> = {
  'iss equals OIDC_ISSUER': ({ iss }, { provider }) => iss === provider.issuer,
  'aud is OIDC_AUDIENCE, with no other value but the userinfo endpoint': ({ aud }, { provider, userinfoEndpoint }) => {
    const audiences = Array.isArray(aud) ? aud : [aud];
    const isExpected = (audience: unknown) => audience === provider.audience || audience === userinfoEndpoint;
    return audiences.includes(provider.audience) && audiences.every(isExpected);
  },
  'sub is a non-empty string': ({ sub }) => typeof sub === 'string' && sub !== '',
  'exp is a number in the future': ({ exp }, { nowSeconds }) => typeof exp === 'number' && exp > nowSeconds,
  'iat is a number, at most 60 s ahead': ({ iat }, { nowSeconds }) => isReached(iat, nowSeconds),
  'nbf is absent, or a number at most 60 s ahead': ({ nbf }, { nowSeconds }) =>
    nbf === undefined || isReached(nbf, nowSeconds),
};

const isReached = (time: unknown, nowSeconds: number): boolean =>
  typeof time === 'number' && time <= nowSeconds + TOLERANCE_SECONDS;

/** @returns the name of the first rule that does not hold, or `undefined` */
export const brokenHeaderRule = (header: Json): string | undefined =>
  Object.entries(HEADER_RULES).find(([, holds]) => !holds(header))?.[0];

/** @returns the name of the first rule that does not hold, or `undefined` */
export const brokenClaimRule = (claims: Json, expected: Expected): string | undefined =>
  Object.entries(CLAIM_RULES).find(([, holds]) => !holds(claims, expected))?.[0];

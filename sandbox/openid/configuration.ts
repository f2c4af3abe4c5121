import { randomBytes } from 'node:crypto';
import type { Configuration, JWK, KoaContextWithOIDC } from 'oidc-provider';
import { claimsOf, personById } from './people';

/** The API that access tokens are for: this project's service. */
export const AUDIENCE = 'https://flex-auth.sandbox.example';

/** The public client of single-page apps. */
export const CLIENT_ID = 'own-sign-in';

const ACCESS_TOKEN_SECONDS = 900;
const SESSION_SECONDS = 24 * 3600;
const API_SCOPE = 'flex';

export const RESOURCE_SERVER = {
  audience: AUDIENCE,
  scope: API_SCOPE,
  accessTokenTTL: ACCESS_TOKEN_SECONDS,
  accessTokenFormat: 'jwt',
} as const;

/** What stays the same while keys and redirect URIs change. */
export const newCookieKeys = (): string[] => [randomBytes(32).toString('base64url')];

export interface Changing {
  /** Private keys; the first one signs. */
  readonly keys: readonly JWK[];
  readonly redirectUris: readonly string[];
  readonly cookieKeys: string[];
}

/** The set-up of `oidc-provider`: authorization code with PKCE, refresh tokens, and access tokens in JWT form. */
export function configurationFor({ keys, redirectUris, cookieKeys }: Changing): Configuration {
  return {
    jwks: { keys: [...keys] },
    cookies: { keys: cookieKeys },
    clients: [
      {
        client_id: CLIENT_ID,
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token', 'password'],
        response_types: ['code'],
        redirect_uris: [...redirectUris],
        post_logout_redirect_uris: [...redirectUris],
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'roles'] },
    scopes: ['openid', 'offline_access', 'email', 'profile'],
    // ID tokens hold the claims too, so that they work as well as access tokens.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    clientBasedCORS: () => true,
    ttl: {
      AccessToken: ACCESS_TOKEN_SECONDS,
      IdToken: ACCESS_TOKEN_SECONDS,
      Grant: SESSION_SECONDS,
      Interaction: 600,
      RefreshToken: SESSION_SECONDS,
      Session: SESSION_SECONDS,
    },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => RESOURCE_SERVER,
      },
    },
    issueRefreshToken: async (_, client) => client.grantTypeAllowed('refresh_token'),
    findAccount: (_, id) => {
      const person = personById(id);
      return person && { accountId: id, claims: () => ({ sub: id, ...claimsOf(person) }) };
    },
    extraTokenClaims: (_, token) => {
      const person = 'accountId' in token ? personById(token.accountId) : undefined;
      return person && claimsOf(person);
    },
    renderError: (ctx, { error, error_description }) => {
      ctx.type = 'text/plain';
      ctx.body = `The sandbox’s identity provider cannot sign you in. ${error}: ${error_description}\n`;
    },
    // Signing in is consent enough for the company's own app.
    loadExistingGrant,
  };
}

async function loadExistingGrant({ oidc }: KoaContextWithOIDC) {
  const { client, session, account, provider } = oidc;
  const clientId = client?.clientId;
  const accountId = account?.accountId;
  if (clientId === undefined || accountId === undefined) return undefined;
  const grantId = session?.grantIdFor(clientId);
  const existing = grantId === undefined ? undefined : await provider.Grant.find(grantId);
  if (existing) return existing;
  const grant = new provider.Grant({ clientId, accountId });
  grant.addOIDCScope('openid offline_access email profile');
  grant.addResourceScope(AUDIENCE, API_SCOPE);
  await grant.save();
  return grant;
}

import { type FlexRole, GUEST_ROLE, isFlexRole } from '../contract/roles';
import { ApiError } from '../errors';
import { type BackendKey, findBackendKey } from '../settings/backend-key';
import type { IdentityProvider } from '../settings/identity-provider';
import type { Settings } from '../settings/settings';
import type { FlexUserSid } from '../settings/sids';
import type { UpstreamCall } from '../upstream/call';
import { assertFlexTokenForm, type Credential, isSignedJwt } from './credential';
import { validateFlexToken } from './flex-token';
import type { ProviderUser } from './identity-provider/user';

/** An authenticated caller: the credential has been verified. `policy.ts` decides what they may do. */
export type Caller = FlexUserCaller | IdentityProviderCaller | BackendCaller;

export interface FlexUserCaller {
  readonly kind: 'flex-user';
  /** The roles that the policy knows: Flex roles, or only `guest`, or none. */
  readonly roles: readonly FlexRole[] | readonly [typeof GUEST_ROLE];
  readonly flexUserSid: FlexUserSid | undefined;
  /** The plain user name: `realm_user_id`, not the encoded `identity`. */
  readonly username: string | undefined;
  /** When the token expires, in milliseconds since 1970. */
  readonly expiresAtMs: number | undefined;
}

/** The user of a token of the customer's own identity provider. */
export interface IdentityProviderCaller extends ProviderUser {
  readonly kind: 'identity-provider';
  /** The provider does not know Twilio's SIDs. */
  readonly flexUserSid: undefined;
  readonly provider: IdentityProvider;
}

export interface BackendCaller {
  readonly kind: 'backend-key';
  /** A key has no user. */
  readonly flexUserSid?: undefined;
  readonly username?: undefined;
  readonly name: string;
  readonly scopes: BackendKey['scopes'];
}

/**
 * Verifies a credential.
 *
 * @throws {ApiError} `invalid_token` or `invalid_key` if it is not valid; `upstream_error` or `upstream_timeout` if
 *   Twilio or the identity provider could not be reached, which says nothing about the credential
 */
export async function identifyCaller(credential: Credential, settings: Settings, call: UpstreamCall): Promise<Caller> {
  if (credential.kind === 'backend-key') return identifyBackend(credential.key, settings);
  const { token } = credential;
  const { identityProvider } = settings;
  if (identityProvider && isSignedJwt(token)) return identifyProviderUser(token, identityProvider, call);
  assertFlexTokenForm(token);
  return identifyFlexUser(token, settings, call);
}

function identifyBackend(key: string, settings: Settings): BackendCaller {
  const found = findBackendKey(key, settings.backendKeys);
  if (!found) {
    throw new ApiError('invalid_key', 'Unknown backend key. Add its hash to BACKEND_KEYS, then deploy or restart.');
  }
  return { kind: 'backend-key', name: found.name, scopes: found.scopes };
}

async function identifyFlexUser(token: string, settings: Settings, call: UpstreamCall): Promise<FlexUserCaller> {
  const { roles, ...user } = await validateFlexToken(token, settings, call);
  return {
    kind: 'flex-user',
    // A guest stays a guest, whatever other roles the token has.
    roles: roles.some((role) => role.toLowerCase() === GUEST_ROLE) ? [GUEST_ROLE] : roles.filter(isFlexRole),
    ...user,
  };
}

async function identifyProviderUser(
  token: string,
  provider: IdentityProvider,
  call: UpstreamCall,
): Promise<IdentityProviderCaller> {
  // Loaded only for such a token: `jose` is of no use to other callers.
  const { identifyUser } = await import('./identity-provider/user');
  const user = await identifyUser(token, provider, call);
  return { kind: 'identity-provider', flexUserSid: undefined, provider, ...user };
}

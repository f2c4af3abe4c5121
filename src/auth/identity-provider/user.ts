import type { FlexRole } from '../../contract/roles';
import type { IdentityProvider } from '../../settings/identity-provider';
import type { UpstreamCall } from '../../upstream/call';
import { type Profile, profileIn, rolesIn, usernameIn } from './mapping';
import { verifyToken } from './token';

/** The user of a token that has been verified. */
export interface ProviderUser {
  /** `undefined` if the token has no usable user name. */
  readonly username: string | undefined;
  /** The Flex roles that the provider grants; `undefined` without `OIDC_ROLES`. */
  readonly roles: readonly FlexRole[] | undefined;
  readonly profile: Profile;
  /** When the token expires, in milliseconds since 1970. */
  readonly expiresAtMs: number;
}

/**
 * Verifies a token of the customer's identity provider, and reads its user.
 *
 * @throws {ApiError} what {@link verifyToken} throws
 */
export async function identifyUser(
  token: string,
  provider: IdentityProvider,
  call: UpstreamCall,
): Promise<ProviderUser> {
  const claims = await verifyToken(token, provider, call);
  const username = usernameIn(claims, provider);
  return {
    username,
    roles: rolesIn(claims, provider),
    profile: profileIn(claims, username ?? ''),
    expiresAtMs: claims.exp * 1000,
  };
}

import { FLEX_ROLES, type FlexRole } from '../../contract/roles';
import { isRecord } from '../../json';
import type { IdentityProvider } from '../../settings/identity-provider';
import { isText } from '../../text';
import type { VerifiedClaims } from './token';

/** What a user gets at Twilio if they have to be created. */
export interface Profile {
  /** `undefined` if neither the claim `email` nor the user name is an email address. */
  readonly email: string | undefined;
  readonly fullName: string;
}

/**
 * Finds a claim by its exact name (`https://example.com/roles`, `cognito:groups`), or, if there is none, as a path
 * (`realm_access.roles`). Looks at own properties only.
 */
export function findClaim(claims: VerifiedClaims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const part of name.split('.')) {
    value = isRecord(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  }
  return value;
}

/**
 * The Flex user name of a token's user.
 *
 * @returns `undefined` if the claim is missing, is not a text that Twilio accepts, or is `email` without `email_verified: true`
 */
export function usernameIn(claims: VerifiedClaims, { usernameClaim }: IdentityProvider): string | undefined {
  const username = findClaim(claims, usernameClaim);
  // Anyone may register someone else’s email address; only its owner can verify it.
  const isTrusted = usernameClaim !== 'email' || findClaim(claims, 'email_verified') === true;
  return isTrusted && isText(username) ? username : undefined;
}

/**
 * The Flex roles that the provider has granted to a token's user. A claim of an unexpected type grants nothing.
 *
 * @returns `undefined` without `OIDC_ROLES`
 */
export function rolesIn(
  claims: VerifiedClaims,
  { roles, rolesClaim }: IdentityProvider,
): readonly FlexRole[] | undefined {
  if (!roles) return undefined;
  const values = [findClaim(claims, rolesClaim)].flat();
  if (!values.every((value) => typeof value === 'string')) return [];
  const granted = roles.filter(({ value }) => values.includes(value)).map(({ role }) => role);
  return FLEX_ROLES.filter((role) => granted.includes(role));
}

/** The contact data of a token's user. The email address need not be verified: it identifies no one here. */
export function profileIn(claims: VerifiedClaims, username: string): Profile {
  const email = findClaim(claims, 'email');
  const name = findClaim(claims, 'name');
  const addressInUsername = isAddress(username) ? username : undefined;
  return { email: isText(email) ? email : addressInUsername, fullName: isText(name) ? name : username };
}

const isAddress = (text: string): boolean => /^[^\s@]+@[^\s@]+$/.test(text);

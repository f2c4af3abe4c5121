import * as v from 'valibot';
import { type FlexRole, isFlexRole } from '../contract/roles';
import { isLocalhost } from './origin';

/** Which tokens of the customer's identity provider this service trusts, and for what. */
export interface IdentityProvider {
  /** Compared exactly with `iss`, so kept as it was written. */
  readonly issuer: string;
  readonly audience: string;
  readonly usernameClaim: string;
  readonly rolesClaim: string;
  /** `undefined` without `OIDC_ROLES`: then the roles at Twilio are not the provider's business. */
  readonly roles: readonly RoleMapping[] | undefined;
  /** Whether `mint` creates users and updates their roles. Requires {@link roles}. */
  readonly provision: boolean;
}

/** One entry of `OIDC_ROLES`: a token whose roles claim holds `value` grants `role`. */
export interface RoleMapping {
  readonly role: FlexRole;
  readonly value: string;
}

/**
 * Checks a URL that belongs to an identity provider: `https`, or `http` on localhost, without credentials.
 * Does not look at path, query or fragment.
 */
export function isProviderUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, host, username, password } = new URL(text);
  const isEncrypted = protocol === 'https:' || (protocol === 'http:' && isLocalhost(host));
  return isEncrypted && username === '' && password === '';
}

/** Printable ASCII without `"`, `#`, `?` and `\`: `URL` alone drops tabs, and cannot tell an empty query from none. */
const WITHOUT_QUERY = /^[!$->@-[\]-~]+$/;

const isIssuer = (text: string) => WITHOUT_QUERY.test(text) && isProviderUrl(text);

/** @returns `undefined` if the entry is not `<flex role>=<value>` */
function parseRoleMapping(entry: string): RoleMapping | undefined {
  const [role, ...parts] = entry.split('=');
  const value = parts.join('=');
  return isFlexRole(role) && value !== '' ? { role, value } : undefined;
}

function parseRoleMappings(value: string): (RoleMapping | undefined)[] {
  const entries = value.split(',').map((entry) => entry.trim());
  return entries.filter((entry) => entry !== '').map(parseRoleMapping);
}

const text = v.string('must be text');

/** The settings of an identity provider, each by itself. */
export const IDENTITY_PROVIDER_SETTINGS = {
  OIDC_ISSUER: v.optional(
    v.pipe(
      text,
      v.check(
        isIssuer,
        'must be the exact iss of your identity provider’s tokens: an https URL without query and fragment',
      ),
    ),
  ),
  OIDC_AUDIENCE: v.optional(text),
  OIDC_USERNAME_CLAIM: v.optional(text, 'email'),
  OIDC_ROLES_CLAIM: v.optional(text, 'roles'),
  OIDC_ROLES: v.optional(
    v.pipe(
      text,
      v.transform(parseRoleMappings),
      // An empty list would grant nothing, or, mistaken for none, everything.
      v.custom<RoleMapping[]>(
        (mappings) => Array.isArray(mappings) && mappings.length > 0 && !mappings.includes(undefined),
        'must be <flex role>=<value> entries separated by commas, such as agent=flex-agents,admin=flex-admins',
      ),
    ),
  ),
  OIDC_PROVISION: v.pipe(
    v.optional(text, 'false'),
    v.toLowerCase(),
    v.picklist(['true', 'false'], 'must be true or false'),
    v.transform((value) => value === 'true'),
  ),
};

export const isIdentityProviderName = (name: string): boolean => name.startsWith('OIDC_');

/**
 * Checks the settings of an identity provider against each other. An unknown name counts as a fault: a misspelled `OIDC_ROLES` must
 * not mean that roles are not checked.
 *
 * @param present the environment without its empty values
 * @returns a message for each fault; none mentions a value
 */
export function crossCheckIdentityProvider(present: Readonly<Record<string, unknown>>): string[] {
  const names = Object.keys(present).filter((name) => isIdentityProviderName(name) && present[name] !== undefined);
  if (present.OIDC_ISSUER === undefined) return names.map((name) => `${name} requires OIDC_ISSUER`);
  const faults = names
    .filter((name) => !Object.hasOwn(IDENTITY_PROVIDER_SETTINGS, name))
    .map((name) => `${name} is not a setting of this service`);
  if (present.OIDC_AUDIENCE === undefined) faults.push('OIDC_AUDIENCE is missing: OIDC_ISSUER requires it');
  const isProvisioning = String(present.OIDC_PROVISION).toLowerCase() === 'true';
  if (isProvisioning && present.OIDC_ROLES === undefined) faults.push('OIDC_PROVISION requires OIDC_ROLES');
  return faults;
}

/** @returns `undefined` if no identity provider is set */
export function toIdentityProvider(
  settings: v.InferOutput<v.ObjectSchema<typeof IDENTITY_PROVIDER_SETTINGS, undefined>>,
): IdentityProvider | undefined {
  const { OIDC_ISSUER, OIDC_AUDIENCE } = settings;
  if (OIDC_ISSUER === undefined || OIDC_AUDIENCE === undefined) return undefined;
  return {
    issuer: OIDC_ISSUER,
    audience: OIDC_AUDIENCE,
    usernameClaim: settings.OIDC_USERNAME_CLAIM,
    rolesClaim: settings.OIDC_ROLES_CLAIM,
    roles: settings.OIDC_ROLES,
    provision: settings.OIDC_PROVISION,
  };
}

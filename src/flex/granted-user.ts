import * as v from 'valibot';
import type { IdentityProviderCaller } from '../auth/caller';
import { isSame, type Permit } from '../auth/policy';
import { type FlexRole, isFlexRole } from '../contract/roles';
import { ApiError } from '../errors';
import { isText } from '../text';
import { documented, refusalOf, undocumented } from '../twilio/responses';
import type { UpstreamResponse } from '../upstream/response';
import { FlexUserSchema, type UserRecord } from './shapes';
import { fetchUser, refuseDeactivated, searchByUsername, sendProvision } from './users';
import { type FlexUsersApi, isRejection } from './users-api';

/** A permit of an identity provider's user, who may mint for themselves only. */
export type ProviderPermit = Permit<'mint'> & { readonly caller: IdentityProviderCaller };

export const isProviderPermit = (permit: Permit<'mint'>): permit is ProviderPermit =>
  permit.caller.kind === 'identity-provider';

const RolesSchema = v.object({ roles: v.array(v.string()) });
const ContactSchema = v.object({ email: v.custom<string>(isText), full_name: v.custom<string>(isText) });

/**
 * Finds the active Flex user of an identity provider's token, who has no Flex role that the provider has not granted. With
 * `OIDC_PROVISION`, creates the user, or provisions it again if its roles differ. Never provisions a deactivated user.
 *
 * @throws {ApiError} `user_not_found`; `forbidden` for a role too many, or without an email address for a new user;
 *   `user_deactivated`; `upstream_error` if Twilio does not set the roles as requested; what else `flexRequest` throws
 */
export async function findGrantedUser(flex: FlexUsersApi, permit: ProviderPermit): Promise<UserRecord> {
  const { roles, provider, username } = permit.caller;
  if (username === undefined) throw noSuchUser('no user name');
  const { user: listed, similar } = await searchByUsername(flex, permit, username);
  if (!listed) {
    // Twilio may take a name in other letters for the same one: provisioning it could bring back someone who was deactivated.
    if (similar !== undefined) throw noSuchUser('a user name that differs only in case or Unicode form');
    if (!provider.provision) throw noSuchUser('no such user name');
    return provisionAgain(flex, permit, username, undefined);
  }
  const user = isComplete(listed, permit) ? listed : await fetchUser(flex, permit, listed.flex_user_sid);
  if (!roles) return refuseDeactivated(user);
  const held = heldRoles(user);
  const excess = held.filter((role) => !roles.includes(role));
  if (provider.provision) {
    refuseDeactivated(user);
    return excess.length === 0 && roles.every((role) => held.includes(role))
      ? user
      : provisionAgain(flex, permit, username, user);
  }
  if (excess.length > 0) throw roleNotGranted(excess, user);
  return refuseDeactivated(user);
}

/**
 * Checks that a response of Twilio gives a user no Flex role that the identity provider has not granted. Other roles, those of
 * add-ons, are left alone.
 *
 * @throws {ApiError} `upstream_error`, also if there is no list of roles
 */
export function assertGranted(
  { caller: { roles } }: ProviderPermit,
  holder: unknown,
  response: UpstreamResponse,
  what: string,
): void {
  if (!roles) return;
  if (!v.is(RolesSchema, holder)) throw undocumented(response, `${what}: no list of roles`);
  const isGranted = flexRolesIn(holder.roles).every((role) => roles.includes(role));
  if (!isGranted) throw undocumented(response, `${what}: a role that the identity provider did not grant`);
}

/** Whether an entry of the list says all that is needed of the record. */
function isComplete(user: UserRecord, { caller: { roles, provider } }: ProviderPermit): boolean {
  return (
    typeof user.deactivated === 'boolean' &&
    (roles === undefined || v.is(RolesSchema, user)) &&
    (!provider.provision || v.is(ContactSchema, user))
  );
}

function heldRoles(user: UserRecord): readonly FlexRole[] {
  if (v.is(RolesSchema, user)) return flexRolesIn(user.roles);
  throw new ApiError('upstream_error', 'Twilio returned this user without a list of roles. Retry in a moment.', {
    flexUserSid: user.flex_user_sid,
    reason: 'the record has no list of roles',
  });
}

/** The roles of Flex itself, in whatever case Twilio writes them. */
const flexRolesIn = (roles: readonly string[]): readonly FlexRole[] =>
  roles.map((role) => role.trim().toLowerCase()).filter(isFlexRole);

/** @param known the record of the user, if there is one: its contact data stays as it is */
async function provisionAgain(
  flex: FlexUsersApi,
  permit: ProviderPermit,
  username: string,
  known: UserRecord | undefined,
): Promise<UserRecord> {
  const { profile, roles = [] } = permit.caller;
  const { email, full_name } = contactIn(known);
  const newUser = {
    username,
    email: email ?? profile.email ?? missingEmail(),
    fullName: full_name ?? profile.fullName,
    roles,
    // No attributes: Twilio does not document whether sending some would replace the worker's own.
    workerAttributes: undefined,
  };
  const response = await sendProvision(flex, permit, newUser, whyNotProvisioned);
  const user = documented(FlexUserSchema, response, 'Provision');
  assertGranted(permit, user, response, 'Provision');
  const isExpected = known ? user.flex_user_sid === known.flex_user_sid : isSame(user.username, username);
  if (!isExpected) throw undocumented(response, 'Provision: another user');
  return refuseDeactivated(user);
}

const contactIn = (user: UserRecord | undefined): { email?: string; full_name?: string } => {
  const { email, full_name } = (user ?? {}) as { email?: unknown; full_name?: unknown };
  return { ...(isText(email) && { email }), ...(isText(full_name) && { full_name }) };
};

/** The caller sent none of these values, so their request is not at fault. */
function whyNotProvisioned(response: UpstreamResponse): ApiError | undefined {
  if (!isRejection(response)) return undefined;
  return new ApiError(
    'upstream_error',
    'Twilio rejected the user data of this token. Ask your administrator to check the email address and name at the identity provider.',
    { upstream: refusalOf(response) },
  );
}

function missingEmail(): never {
  throw new ApiError(
    'forbidden',
    'A Flex user needs an email address, and this token has none: its claim "email" is missing. Ask your administrator to add it.',
  );
}

/** @param reason for the log, without the name */
const noSuchUser = (reason: string): ApiError =>
  new ApiError(
    'user_not_found',
    'No Flex user has exactly the user name of this token; upper and lower case count. Ask your administrator.',
    { reason },
  );

const roleNotGranted = (roles: readonly FlexRole[], { flex_user_sid }: UserRecord): ApiError =>
  new ApiError(
    'forbidden',
    `Your Flex user has a role that your identity provider does not grant: ${roles.join(', ')}. Ask your administrator to grant it, or to remove it in Flex.`,
    { flexUserSid: flex_user_sid },
  );

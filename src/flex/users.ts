import * as v from 'valibot';
import { isSame, type Permit, refuseOneself, type UserIdentifier } from '../auth/policy';
import type { ActionOnUser } from '../contract/functions';
import type { UpstreamRefusal } from '../contract/responses';
import type { FlexRole } from '../contract/roles';
import { ApiError } from '../errors';
import { isRecord, parseJson } from '../json';
import type { FlexUserSid } from '../settings/sids';
import type { FlexRequest } from '../twilio/flex-api';
import { documented, refusalOf, undocumented } from '../twilio/responses';
import type { UpstreamResponse } from '../upstream/response';
import { FlexUserListSchema, FlexUserSchema, ProvisionedUserSchema, type UserRecord } from './shapes';
import type { FlexUsersApi } from './users-api';

/** The user that `Provision` creates or updates. */
export interface NewFlexUser {
  readonly username: string;
  readonly email: string;
  readonly fullName: string;
  readonly roles: readonly FlexRole[];
  /** Any JSON object: the attributes of the TaskRouter worker. */
  readonly workerAttributes: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Creates or updates a user and its TaskRouter worker. Idempotent.
 *
 * @returns Twilio's status (201, or 200) and its body, unchanged
 * @throws {ApiError} as {@link FlexUsersApi.send} does
 */
export async function provisionUser(flex: FlexUsersApi, permit: Permit<'provision'>, user: NewFlexUser) {
  const response = await sendProvision(flex, permit, user);
  return { status: response.status, user: documented(ProvisionedUserSchema, response, 'Provision') };
}

/** @param permit to provision anyone, or to mint for the very user: an identity provider's token may do so (`granted-user.ts`) */
export const sendProvision = (
  flex: FlexUsersApi,
  permit: Permit<'provision'> | Permit<'mint'>,
  user: NewFlexUser,
  whyRefused?: FlexRequest['whyRefused'],
): Promise<UpstreamResponse> =>
  flex.send(permit, {
    path: '/Provision',
    ...(whyRefused && { whyRefused }),
    body: () => ({
      username: user.username,
      email: user.email,
      full_name: user.fullName,
      roles: user.roles,
      worker: user.workerAttributes ? { attributes: user.workerAttributes } : {},
    }),
  });

/**
 * Returns the user that the permit is for.
 *
 * @throws {ApiError} `user_not_found`, or as {@link FlexUsersApi.send} does
 */
export async function findUser(flex: FlexUsersApi, permit: Permit<ActionOnUser>): Promise<UserRecord> {
  const { user } = permit;
  return user.by === 'flex_user_sid'
    ? fetchUser(flex, permit, user.flexUserSid)
    : findByUsername(flex, permit, user.username);
}

/**
 * Returns the user that the permit is for, if it is not deactivated. Reads the record too if the list does not tell.
 *
 * @throws {ApiError} `user_deactivated`, or as {@link findUser} does
 */
export async function findActiveUser(flex: FlexUsersApi, permit: Permit<'mint'>): Promise<UserRecord> {
  const found = await findUser(flex, permit);
  const isKnown = permit.user.by === 'flex_user_sid' || typeof found.deactivated === 'boolean';
  return refuseDeactivated(isKnown ? found : await fetchUser(flex, permit, found.flex_user_sid));
}

/** @throws {ApiError} `user_deactivated` */
export function refuseDeactivated<User extends Pick<UserRecord, 'flex_user_sid' | 'deactivated'>>(user: User): User {
  if (user.deactivated !== true) return user;
  throw new ApiError(
    'user_deactivated',
    'This user is deactivated and cannot get a token. Contact your Flex administrator. Twilio does not document whether provisioning the user again reactivates it.',
    { flexUserSid: user.flex_user_sid },
  );
}

/**
 * Deletes the worker and deactivates the user that the permit is for. Looks the user up first, except for a backend key that gives
 * the SID: an admin cannot deprovision themselves, which depends on the user that was found.
 *
 * @returns the SID of the user
 * @throws {ApiError} `user_not_found`; `forbidden` for oneself; `invalid_request` if Twilio refuses, as for an agent on a call; or
 *   as {@link FlexUsersApi.send} does
 */
export async function deprovisionUser(flex: FlexUsersApi, permit: Permit<'deprovision'>): Promise<FlexUserSid> {
  const flexUserSid = namedByBackend(permit) ?? (await findAnother(flex, permit)).flex_user_sid;
  const body = () => ({ flex_user_sid: flexUserSid });
  let isGone = false;
  const whyRefused: FlexRequest['whyRefused'] = (response, mayBeDone) => {
    isGone = mayBeDone && response.status === 404;
    return whyNotDeprovisioned(response);
  };
  try {
    const response = await flex.send(permit, { path: '/Deprovision', body, whyRefused });
    if (!isDeprovisioned(response)) throw undocumented(response, 'Deprovision: neither 204 nor JSON');
  } catch (error) {
    // An earlier attempt has done it, and only its response was lost.
    if (!isGone) throw error;
  }
  return flexUserSid;
}

/** 204 is documented; 200 and 202 have been reported. A page of a proxy must not be mistaken for success. */
function isDeprovisioned({ status, text }: UpstreamResponse): boolean {
  return status === 204 || ([200, 202].includes(status) && (text === '' || isRecord(parseJson(text))));
}

/** TaskRouter refuses with 400 to delete a worker with active reservations. */
function whyNotDeprovisioned(response: UpstreamResponse): ApiError | undefined {
  if (response.status !== 400) return whyNotFound(response);
  return new ApiError(
    'invalid_request',
    'Twilio refused to deprovision this user. If they are handling a task, such as a call, retry after it has ended.',
    { upstream: refusalOf(response) },
  );
}

const namedByBackend = ({
  caller,
  user,
}: {
  caller: { kind: string };
  user: UserIdentifier;
}): FlexUserSid | undefined =>
  caller.kind === 'backend-key' && user.by === 'flex_user_sid' ? user.flexUserSid : undefined;

async function findAnother(flex: FlexUsersApi, permit: Permit<'deprovision'>): Promise<UserRecord> {
  const found = await findUser(flex, permit);
  refuseOneself(permit, found);
  return found;
}

export async function fetchUser(
  flex: FlexUsersApi,
  permit: Permit<ActionOnUser>,
  flexUserSid: FlexUserSid,
): Promise<UserRecord> {
  const response = await flex.send(permit, { path: `/${flexUserSid}`, whyRefused: whyNotFound });
  const user = documented(FlexUserSchema, response, 'Users/{FU}');
  if (user.flex_user_sid !== flexUserSid) throw undocumented(response, 'Users/{FU}: another user');
  return user;
}

async function findByUsername(flex: FlexUsersApi, permit: Permit<ActionOnUser>, username: string): Promise<UserRecord> {
  const { user } = await searchByUsername(flex, permit, username);
  if (user === undefined) throw userNotFound();
  return user;
}

/**
 * Searches the list. Ignores any other user in it.
 *
 * @returns `user`: the user of exactly this name; `similar`: if there is none, the name of one that differs only in case or Unicode
 *   form
 * @throws {ApiError} as {@link FlexUsersApi.send} does
 */
export async function searchByUsername(flex: FlexUsersApi, permit: Permit<ActionOnUser>, username: string) {
  const response = await flex.send(permit, { path: `?${new URLSearchParams({ Username: username })}` });
  const { users } = documented(FlexUserListSchema, response, 'Users');
  const [user, another] = users.filter((item) => item.username === username);
  if (another) throw undocumented(response, 'Users: the same user name twice');
  if (user !== undefined && !v.is(FlexUserSchema, user)) {
    throw undocumented(response, 'Users: not of the documented shape');
  }
  const similar = users.find((item) => isSame(item.username, username))?.username;
  return { user, similar };
}

/** Explains a 404 for a request about one user. */
export const whyNotFound = (response: UpstreamResponse): ApiError | undefined =>
  response.status === 404 ? userNotFound(refusalOf(response)) : undefined;

/** @param upstream Twilio's 404; `undefined` if Twilio returned an empty list */
export const userNotFound = (upstream?: UpstreamRefusal): ApiError =>
  new ApiError('user_not_found', 'No such Flex user. Check the spelling, or provision the user first.', {
    ...(upstream && { upstream }),
  });

import type { BackendCaller } from '../../src/auth/caller';
import { authorize } from '../../src/auth/policy';
import { isFlexRole } from '../../src/contract/roles';
import { ApiError } from '../../src/errors';
import { fetchUser, type NewFlexUser, provisionUser, searchByUsername } from '../../src/flex/users';
import type { FlexUsersApi } from '../../src/flex/users-api';
import { ownValue } from '../../src/json';
import type { FlexUserSid } from '../../src/settings/sids';

/**
 * Who runs the command: the account's owner, whose credentials can do anything at Twilio. The command is limited to the two
 * scopes that provisioning a team needs, so it can never mint, deprovision or deactivate, whatever is changed later.
 */
const OWNER: BackendCaller = { kind: 'backend-key', name: 'npm run team', scopes: ['provision', 'lookup'] };

/** One difference between the file and Twilio. */
export interface Change {
  readonly field: 'email' | 'full_name' | 'roles' | 'attributes';
  /** What Twilio has; undefined if it does not say. */
  readonly from?: unknown;
  readonly to: unknown;
}

/** What is to be done for one user. */
export interface PlannedStep {
  readonly action: 'create' | 'change' | 'unchanged';
  readonly changes: readonly Change[];
  /** What the file has, but Twilio does not return, and what is not sent either. */
  readonly notCompared: readonly Change['field'][];
}

/**
 * Compares a user of the file with Twilio. Changes nothing.
 *
 * @param options.attributes whether attributes are sent to a user that exists even if nothing else is to be changed
 * @throws {ApiError} `user_deactivated`; what {@link findRecord} throws
 */
export async function planUser(
  flex: FlexUsersApi,
  user: NewFlexUser,
  options: { attributes: boolean },
): Promise<PlannedStep> {
  const record = await findRecord(flex, user.username);
  if (record === undefined) return { action: 'create', changes: [], notCompared: [] };

  const compared = [
    compareText('email', record, user.email),
    compareText('full_name', record, user.fullName),
    compareRoles(record, user),
  ];
  const differing = compared.filter((change) => typeof change === 'object');
  const unknown = compared.filter((field) => typeof field === 'string');
  const sendsAttributes = user.workerAttributes !== undefined && (options.attributes || differing.length > 0);
  const attributes: Change[] = sendsAttributes ? [{ field: 'attributes', to: user.workerAttributes }] : [];
  const changes = [...differing, ...attributes];
  return {
    action: changes.length > 0 ? 'change' : 'unchanged',
    changes,
    notCompared: [...unknown, ...(user.workerAttributes && !sendsAttributes ? (['attributes'] as const) : [])],
  };
}

/** Creates the user or brings it up to date. Idempotent. @throws {ApiError} what {@link provisionUser} throws */
export async function applyUser(flex: FlexUsersApi, user: NewFlexUser): Promise<void> {
  await provisionUser(flex, authorize(OWNER, 'provision', undefined), user);
}

/**
 * The user as Twilio has it; undefined if there is none of that name.
 *
 * @throws {ApiError} `invalid_request` if only case or Unicode form differ: Twilio may take it for the same user, who may be deactivated
 */
async function findRecord(flex: FlexUsersApi, username: string): Promise<object | undefined> {
  const permit = authorize(OWNER, 'lookup', { by: 'username', username });
  const { user: listed, similar } = await searchByUsername(flex, permit, username);
  if (listed === undefined && similar !== undefined) {
    throw new ApiError(
      'invalid_request',
      `Twilio has this user as ${JSON.stringify(similar)}. Write the name like that.`,
    );
  }
  if (listed === undefined) return undefined;
  const { flex_user_sid: flexUserSid, deactivated } = listed;
  // The list leaves some fields out. One that lacks the record is not a user to be created, so not found is an error here.
  const isComplete = typeof deactivated === 'boolean' && COMPARED.every((name) => ownValue(listed, name) !== undefined);
  const record = isComplete ? listed : { ...listed, ...(await fetchRecord(flex, flexUserSid)) };
  if (record.deactivated !== true) return record;
  throw new ApiError(
    'user_deactivated',
    'This user is deactivated. To reactivate it, provision it yourself; otherwise remove this row.',
    {
      flexUserSid,
    },
  );
}

const fetchRecord = (flex: FlexUsersApi, flexUserSid: FlexUserSid) =>
  fetchUser(flex, authorize(OWNER, 'lookup', { by: 'flex_user_sid', flexUserSid }), flexUserSid);

const COMPARED = ['email', 'full_name', 'roles'] as const;
type Compared = (typeof COMPARED)[number];

/** @returns the name of the field if Twilio does not say; undefined if there is no difference */
function compareText(field: Compared, record: object, to: string): Change | Compared | undefined {
  const from = ownValue(record, field);
  if (from === undefined) return field;
  return from === to ? undefined : { field, from, to };
}

/** The order does not matter, and roles of add-ons are left alone. */
function compareRoles(record: object, { roles }: NewFlexUser): Change | Compared | undefined {
  const from = ownValue(record, 'roles');
  if (!Array.isArray(from)) return 'roles';
  const present = new Set(from.filter(isFlexRole));
  const isSame = present.size === new Set(roles).size && roles.every((role) => present.has(role));
  return isSame ? undefined : { field: 'roles', from: [...present], to: roles };
}

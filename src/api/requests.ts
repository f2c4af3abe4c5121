import * as v from 'valibot';
import type { UserReference } from '../auth/policy';
import { DEFAULT_TTL_SECONDS, MAX_ATTRIBUTE_LEVELS, MAX_TEXT_LENGTH } from '../contract/limits';
import type { FieldFault } from '../contract/responses';
import { FLEX_ROLES, type FlexRole, isFlexRole } from '../contract/roles';
import type { NewFlexUser } from '../flex/users';
import { isRecord } from '../json';
import { type FlexUserSid, isFlexUserSid } from '../settings/sids';
import { isOfAllowedLength, isUndamaged } from '../text';
import type { RequestType } from './endpoint';
import { type Fields, parseFields } from './fields';
import { findUnknownFields } from './unknown-fields';

const TEXT = `must be a string of 1 to ${MAX_TEXT_LENGTH} characters`;
const DAMAGED = 'contains control characters or U+FFFD, so it was damaged on the way. Send the text as UTF-8.';
const ROLES = `must be a list of one or more of ${FLEX_ROLES.join(', ')}`;
const FLEX_USER_SID = 'must be a Flex user SID: FU and 32 hexadecimal digits';
const OBJECT = 'must be an object';
const LEVELS = `must be nested no deeper than ${MAX_ATTRIBUTE_LEVELS} levels`;
const TTL = 'must be a whole number of seconds, at least 1';

const isWithin = (levels: number, value: unknown): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (levels > 0 && Object.values(value).every((item) => isWithin(levels - 1, item)));

/** One check for the whole list: a body has room for a million roles, and each would be a fault otherwise. */
export const isRoles = (value: unknown): value is FlexRole[] =>
  Array.isArray(value) && value.length > 0 && value.every(isFlexRole);

const text = v.pipe(v.string(TEXT), v.check(isOfAllowedLength, TEXT), v.check(isUndamaged, DAMAGED));
const flexUserSid = v.custom<FlexUserSid>(isFlexUserSid, FLEX_USER_SID);
const object = v.custom<Record<string, unknown>>(isRecord, OBJECT);
const attributes = v.pipe(
  object,
  v.check((value) => isWithin(MAX_ATTRIBUTE_LEVELS, value), LEVELS),
);

export const ProvisionSchema = v.object({
  username: text,
  email: text,
  full_name: text,
  roles: v.custom<FlexRole[]>(isRoles, ROLES),
  worker: v.optional(v.pipe(object, v.object({ attributes: v.optional(attributes) })), {}),
});

/** `Username` is Twilio's own spelling. */
export const DeprovisionSchema = v.object({
  username: v.optional(text),
  Username: v.optional(text),
  flex_user_sid: v.optional(flexUserSid),
});

export const LookupSchema = DeprovisionSchema;

export const MintSchema = v.object({
  ...LookupSchema.entries,
  ttl: v.optional(v.pipe(v.number(TTL), v.integer(TTL), v.minValue(1, TTL))),
});

export const provisionRequest = {
  action: 'provision',
  parse(event) {
    const { full_name: fullName, worker, ...user } = parseFields(ProvisionSchema, event, unknownWorkerKeys);
    return { user: undefined, newUser: { ...user, fullName, workerAttributes: worker.attributes } };
  },
} as const satisfies RequestType<'provision', { user: undefined; newUser: NewFlexUser }>;

export const lookupRequest = {
  action: 'lookup',
  parse: (event) => ({ user: toReference(parseFields(LookupSchema, event, namesOneUserAtMost)) }),
} as const satisfies RequestType<'lookup'>;

export const mintRequest = {
  action: 'mint',
  parse(event, { maxTokenTtlSeconds }) {
    const checkTtl = ({ ttl }: Fields) =>
      typeof ttl === 'number' && ttl > maxTokenTtlSeconds
        ? [{ field: 'ttl', message: `must be at most ${maxTokenTtlSeconds} seconds (MAX_TOKEN_TTL)` }]
        : [];
    const checks = (fields: Fields) => [...namesOneUserAtMost(fields), ...checkTtl(fields)];
    const { ttl, ...user } = parseFields(MintSchema, event, checks);
    return { user: toReference(user), ttlSeconds: ttl ?? Math.min(DEFAULT_TTL_SECONDS, maxTokenTtlSeconds) };
  },
} as const satisfies RequestType<'mint', { user: UserReference; ttlSeconds: number }>;

export const deprovisionRequest = {
  action: 'deprovision',
  parse: (event) => ({ user: toReference(parseFields(DeprovisionSchema, event, namesOneUser)) }),
} as const satisfies RequestType<'deprovision'>;

const unknownWorkerKeys = ({ worker }: Fields): FieldFault[] =>
  isRecord(worker) ? findUnknownFields(Object.keys(worker), ['attributes'], 'worker.') : [];

function namesOneUserAtMost(fields: Fields): FieldFault[] {
  const given = Object.keys(LookupSchema.entries).filter((name) => fields[name] !== undefined);
  return given.length > 1
    ? given.map((field) => ({
        field,
        message: 'must not be combined with another field: identify the user by one of them',
      }))
    : [];
}

function namesOneUser(fields: Fields): FieldFault[] {
  const isNamed = Object.keys(DeprovisionSchema.entries).some((name) => fields[name] !== undefined);
  return isNamed
    ? namesOneUserAtMost(fields)
    : [{ field: 'username', message: 'is required: identify the user by username or flex_user_sid' }];
}

function toReference(named: v.InferOutput<typeof LookupSchema>): UserReference {
  const username = named.username ?? named.Username;
  if (named.flex_user_sid !== undefined) return { by: 'flex_user_sid', flexUserSid: named.flex_user_sid };
  return username === undefined ? { by: 'self' } : { by: 'username', username };
}

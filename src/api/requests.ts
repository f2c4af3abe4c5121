import * as v from 'valibot';
import type { UserReference } from '../auth/policy';
import { FLEX_ROLES, type FlexRole, isFlexRole } from '../contract/roles';
import { ApiError, type FieldFault } from '../errors';
import type { NewFlexUser } from '../flex/users';
import { readHeader } from '../http/headers';
import { isRecord, ownValue, parseJson } from '../json';
import type { Settings } from '../settings/settings';
import { type FlexUserSid, isFlexUserSid } from '../settings/sids';

/** Twilio's own default for a token's lifetime. */
const DEFAULT_TTL_SECONDS = 3600;

/** Twilio's limit for user name, e-mail address and full name; counted in characters, not in UTF-16 units. */
const MAX_TEXT_LENGTH = 256;

const TEXT = `must be a string of 1 to ${MAX_TEXT_LENGTH} characters`;
const ROLES = `must be a list of one or more of ${FLEX_ROLES.join(', ')}`;
const FLEX_USER_SID = 'must be a Flex user SID: FU and 32 hexadecimal digits';
const WORKER = 'must be an object';

/** Far beyond what is ever stored as attributes, and far below what `JSON.stringify` has the stack for. */
const MAX_LEVELS = 100;
const LEVELS = `must be nested no deeper than ${MAX_LEVELS} levels`;

const isText = (value: string) => {
  const length = [...value].length;
  return length >= 1 && length <= MAX_TEXT_LENGTH && value.isWellFormed();
};

const text = v.pipe(v.string(TEXT), v.check(isText, TEXT));
// One check for the whole list: a body has room for a million roles, and each would be a fault of its own.
const isRoles = (value: unknown): value is FlexRole[] =>
  Array.isArray(value) && value.length > 0 && value.every(isFlexRole);

const isWithin = (levels: number, value: unknown): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (levels > 0 && Object.values(value).every((item) => isWithin(levels - 1, item)));

const jsonObject = (message: string) => v.custom<Record<string, unknown>>(isRecord, message);

const ProvisionSchema = v.object({
  username: text,
  email: text,
  full_name: text,
  roles: v.custom<FlexRole[]>(isRoles, ROLES),
  worker: v.optional(
    v.pipe(
      jsonObject(WORKER),
      v.transform((worker) => ({ attributes: ownValue(worker, 'attributes') })),
      v.object({
        attributes: v.optional(
          v.pipe(
            jsonObject('must be an object'),
            v.check((attributes) => isWithin(MAX_LEVELS, attributes), LEVELS),
          ),
        ),
      }),
    ),
    {},
  ),
});

/** A request about a user names them by at most one of these. Twilio's own name for the first is `Username`. */
const USER_FIELDS = {
  username: v.optional(text),
  Username: v.optional(text),
  flex_user_sid: v.optional(v.custom<FlexUserSid>(isFlexUserSid, FLEX_USER_SID)),
};
const LookupSchema = v.object(USER_FIELDS);
const DeprovisionSchema = v.omit(LookupSchema, ['Username']);

function buildMintSchema(maxSeconds: number) {
  const message = `must be a whole number of seconds, 1 to ${maxSeconds}`;
  const ttl = v.pipe(v.number(message), v.integer(message), v.minValue(1, message), v.maxValue(maxSeconds, message));
  return v.object({ ...DeprovisionSchema.entries, ttl: v.optional(ttl, Math.min(DEFAULT_TTL_SECONDS, maxSeconds)) });
}

/** Kept, since to build one takes longer than to parse by it. There are as many as `MAX_TOKEN_TTL` has had values. */
const mintSchemas = new Map<number, ReturnType<typeof buildMintSchema>>();

function mintSchema(maxSeconds: number) {
  const schema = mintSchemas.get(maxSeconds) ?? buildMintSchema(maxSeconds);
  mintSchemas.set(maxSeconds, schema);
  return schema;
}

// Each parser takes the event of a call and throws an `ApiError` `invalid_request` that lists all fields at fault.

export function parseProvision(event: unknown): NewFlexUser {
  const { username, email, full_name, roles, worker } = parse(ProvisionSchema, event);
  return { username, email, fullName: full_name, roles, workerAttributes: worker.attributes };
}

export function parseLookup(event: unknown): { user: UserReference } {
  return { user: toReference(parse(LookupSchema, event, namesOneUserAtMost)) };
}

export function parseMint(
  event: unknown,
  { maxTokenTtlSeconds }: Settings,
): { user: UserReference; ttlSeconds: number } {
  const { ttl, ...user } = parse(mintSchema(maxTokenTtlSeconds), event, namesOneUserAtMost);
  return { user: toReference(user), ttlSeconds: ttl };
}

export function parseDeprovision(event: unknown): { user: UserReference } {
  return { user: toReference(parse(DeprovisionSchema, event, namesOneUser)) };
}

type Fields = Readonly<Record<string, unknown>>;

function parse<const Schema extends v.ObjectSchema<v.ObjectEntries, undefined>>(
  schema: Schema,
  event: unknown,
  checkTogether: (fields: Fields) => readonly FieldFault[] = () => [],
): v.InferOutput<Schema> {
  const fields = readFields(event, Object.keys(schema.entries));
  const result = v.safeParse(schema, fields);
  const faults = [...(result.issues ?? []).map(toFault), ...checkTogether(fields)];
  if (result.success && faults.length === 0) return result.output;
  // One sentence a field is enough to mend it.
  const details = faults.filter(({ field }, index) => faults.findIndex((other) => other.field === field) === index);
  const names = details.map(({ field }) => field).join(', ');
  const advice = looksLikeUndeclaredJson(event)
    ? ' The body looks like JSON: send it as Content-Type: application/json.'
    : '';
  throw new ApiError('invalid_request', `Mend these fields and send the request again: ${names}.${advice}`, {
    details,
  });
}

/** `curl -d '{…}'` calls it a form, which has one field then, of a strange name. */
const looksLikeUndeclaredJson = (event: unknown) =>
  isRecord(event) && Object.keys(event).some((name) => name.trimStart().startsWith('{'));

function toFault(issue: v.BaseIssue<unknown>): FieldFault {
  const isMissing = issue.input === undefined;
  return { field: `${v.getDotPath(issue)}`, message: isMissing ? `is missing; it ${issue.message}` : issue.message };
}

function namesOneUserAtMost(fields: Fields): FieldFault[] {
  const given = userFieldsIn(fields);
  return given.length > 1 ? given.map((field) => ({ field, message: 'name the user by one field alone' })) : [];
}

function namesOneUser(fields: Fields): FieldFault[] {
  return userFieldsIn(fields).length === 0
    ? [{ field: 'username', message: 'is missing; name the user by username or flex_user_sid' }]
    : namesOneUserAtMost(fields);
}

const userFieldsIn = (fields: Fields) => Object.keys(USER_FIELDS).filter((name) => fields[name] !== undefined);

function toReference(named: Partial<v.InferOutput<typeof LookupSchema>>): UserReference {
  const username = named.username ?? named.Username;
  if (named.flex_user_sid !== undefined) return { by: 'flex_user_sid', flexUserSid: named.flex_user_sid };
  return username === undefined ? { by: 'self' } : { by: 'username', username };
}

/** A form, or a query, has nothing but strings; JSON has types of its own, and there they count. */
const FROM_TEXT: Readonly<Record<string, (value: string) => unknown>> = {
  worker: (value) => parseJson(value) ?? value,
  ttl: (value) => (/^[0-9]{1,12}$/.test(value) ? Number(value) : value),
};

function readFields(event: unknown, names: readonly string[]): Fields {
  // Where there are several, the platform has parsed the body by the first. A caller may have put anything there.
  const [type] = [readHeader(event, 'content-type')].flat();
  const isJson = typeof type === 'string' && /^application\/json\b/i.test(type);
  const read = (name: string) => {
    const value = ownValue(event, name);
    if (isJson) return value;
    if (name === 'roles') return splitAtCommas(value);
    return typeof value === 'string' ? (FROM_TEXT[name]?.(value) ?? value) : value;
  };
  return Object.fromEntries(names.map((name) => [name, read(name)]));
}

/** `roles=agent,supervisor` and `roles=agent&roles=supervisor` are the same. */
function splitAtCommas(value: unknown): unknown {
  const parts = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(parts) || !parts.every((part) => typeof part === 'string')) return value;
  return parts.flatMap((part) => part.split(',')).map((part) => part.trim());
}

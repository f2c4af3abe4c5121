import { type JsonSchema, toJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { DeprovisionSchema, isRoles, LookupSchema, MintSchema, ProvisionSchema } from '../../src/api/requests';
import { MAX_TEXT_LENGTH, MAX_TOKEN_LENGTH } from '../../src/contract/limits';
import { LOG_LEVELS } from '../../src/contract/log-levels';
import type { ConfigBody, ErrorBody, FlexUser, MintedToken } from '../../src/contract/responses';
import { FLEX_ROLES } from '../../src/contract/roles';
import { FlexUserSchema, MintedTokenSchema, ProvisionedUserSchema, TokenInfoSchema } from '../../src/flex/shapes';
import { isRecord } from '../../src/json';
import { isAccountSid, isFlexUserSid } from '../../src/settings/sids';
import { isOfAllowedLength, isUndamaged } from '../../src/text';

const sidOf = (prefix: string) => ({ type: 'string', pattern: `^${prefix}[0-9a-fA-F]{32}$` }) as const;

/** What the checks mean that have no equivalent in the converter, as JSON Schema. */
const MEANINGS = new Map<unknown, JsonSchema>([
  [isFlexUserSid, sidOf('FU')],
  [isAccountSid, sidOf('AC')],
  [isRecord, { type: 'object' }],
  [isRoles, { type: 'array', minItems: 1, items: { enum: [...FLEX_ROLES] } }],
  [isOfAllowedLength, { minLength: 1, maxLength: MAX_TEXT_LENGTH }],
  // C0 and C1 control characters, DEL and U+FFFD.
  [isUndamaged, { pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f\\ufffd]*$' }],
]);

const convert = (schema: v.GenericSchema): JsonSchema => {
  const { $schema: _, ...converted } = toJsonSchema(schema, {
    target: 'draft-2020-12',
    typeMode: 'input',
    // What is overridden, and checks that only a program can express, such as a depth.
    errorMode: 'ignore',
    overrideSchema: ({ valibotSchema }) => ('check' in valibotSchema && MEANINGS.get(valibotSchema.check)) || undefined,
    overrideAction: ({ valibotAction, jsonSchema }) => {
      const meaning = 'requirement' in valibotAction && MEANINGS.get(valibotAction.requirement);
      return meaning ? { ...jsonSchema, ...meaning } : undefined;
    },
  });
  return converted;
};

/** A request is refused if it has a field that is not listed. `Token` can hold the credential. */
function requestBody(schema: v.GenericSchema, rule: JsonSchema = {}): JsonSchema {
  const { properties, ...converted } = convert(schema);
  const Token = {
    type: 'string',
    maxLength: MAX_TOKEN_LENGTH,
    description: 'The credential, if there is no Authorization header. Not for backend keys.',
  } as const;
  return { ...converted, properties: { ...properties, Token }, additionalProperties: false, ...rule };
}

const USER_FIELDS = Object.keys(LookupSchema.entries);
const exactlyOneField = { oneOf: USER_FIELDS.map((field) => ({ required: [field] })) };
const atMostOneField = { oneOf: [...exactlyOneField.oneOf, { not: { anyOf: exactlyOneField.oneOf } }] };

/** The bodies of requests, as JSON. */
export const REQUESTS: Readonly<Record<string, JsonSchema>> = {
  ProvisionRequest: closeWorker(requestBody(ProvisionSchema)),
  LookupRequest: requestBody(LookupSchema, atMostOneField),
  MintRequest: requestBody(MintSchema, atMostOneField),
  DeprovisionRequest: requestBody(DeprovisionSchema, exactlyOneField),
};

/** The parser refuses unknown keys of `worker` in a separate check. */
function closeWorker(body: JsonSchema): JsonSchema {
  const worker = {
    type: 'object',
    properties: { attributes: { type: 'object', description: 'The attributes of the TaskRouter worker.' } },
    additionalProperties: false,
    default: {},
  } as const;
  return { ...body, properties: { ...body.properties, worker } };
}

/** The same body as a form: `worker` is JSON in a string, and `roles` is repeated or separated by commas. */
export function asForm(body: JsonSchema): JsonSchema {
  const role = `(${FLEX_ROLES.join('|')})`;
  const roles = { type: 'string', pattern: `^\\s*${role}\\s*(,\\s*${role}\\s*)*$` } as const;
  const forms: Readonly<Record<string, JsonSchema>> = {
    roles: { anyOf: [roles, { type: 'array', minItems: 1, items: roles }] },
    worker: { type: 'string', contentMediaType: 'application/json', default: '{}' },
  };
  const properties = Object.entries(body.properties ?? {}).map(([name, schema]) => [name, forms[name] ?? schema]);
  return { ...body, properties: Object.fromEntries(properties) };
}

/** A field that Twilio documents and that the Functions pass on unchecked. */
const unchecked = v.optional(v.unknown());

/** Twilio's own record. Only what the Functions rely on is guaranteed, and Twilio may add fields. */
const UserSchema = v.looseObject({
  ...FlexUserSchema.entries,
  email: unchecked,
  full_name: unchecked,
  roles: unchecked,
  worker_sid: unchecked,
  workspace_sid: unchecked,
  worker: unchecked,
  deactivated_date: unchecked,
  locale: unchecked,
});

const TokenSchema = v.looseObject({
  ...MintedTokenSchema.entries,
  token_info: v.looseObject({
    ...TokenInfoSchema.entries,
    expiration: unchecked,
    username: unchecked,
    identity: unchecked,
    roles: unchecked,
    permissions: unchecked,
  }),
});

/** The body of `GET /config`. */
export const ConfigSchema = v.strictObject({
  account_sid: v.custom<string>(isAccountSid),
  allowed_origins: v.array(v.string()),
  region: v.optional(v.string()),
  edge: v.optional(v.string()),
  telemetry: v.boolean(),
  log_level: v.picklist(LOG_LEVELS),
});

/** Without `status` and `code`, which differ from response to response. */
const ErrorSchema = v.object({
  message: v.pipe(v.string(), v.minLength(1)),
  details: v.optional(v.pipe(v.array(v.strictObject({ field: v.string(), message: v.string() })), v.minLength(1))),
  upstream: v.optional(
    v.strictObject({ status: v.number(), code: v.optional(v.number()), request_id: v.optional(v.string()) }),
  ),
});

// The schemas accept what the contract's types say, and no other fields. A change of either alone does not compile.
type Keys<T> = keyof { [K in keyof T as string extends K ? never : K]: T[K] };
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
export const CHECKED: readonly true[] = [
  true satisfies Same<Keys<v.InferOutput<typeof ConfigSchema>>, keyof ConfigBody>,
  true satisfies Same<Keys<v.InferOutput<typeof ErrorSchema>> | 'status' | 'code', keyof ErrorBody>,
  true satisfies Keys<v.InferOutput<typeof UserSchema>> extends keyof FlexUser ? true : never,
  true satisfies Keys<v.InferOutput<typeof TokenSchema>> extends keyof MintedToken ? true : never,
];

/** The bodies of successful responses. */
export const RESPONSES: Readonly<Record<string, JsonSchema>> = {
  ProvisionedUser: { ...convert(UserSchema), required: Object.keys(ProvisionedUserSchema.entries) },
  User: convert(UserSchema),
  MintedToken: convert(TokenSchema),
  Config: convert(ConfigSchema),
};

/** The body of an error with one of these codes. */
export function errorBody(status: number, codes: readonly string[]): JsonSchema {
  const { properties, ...converted } = convert(ErrorSchema);
  return {
    ...converted,
    properties: { status: { const: status }, code: { enum: [...codes] }, ...properties },
    required: ['status', 'code', ...(converted.required ?? [])],
    additionalProperties: false,
  };
}

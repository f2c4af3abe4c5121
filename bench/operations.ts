import type { FunctionName } from '../src/contract/functions';
import { ACCOUNT_SID, BACKEND_KEY, CALLER, FLEX_TOKEN, INSTANCE_SID, UNLISTED_STATUS_USER, USER } from './account';
import type { PlainCall } from './plain-call';

/** A request to one of the Functions, and the Twilio API calls that it must make, in order. */
export interface Operation {
  readonly name: string;
  readonly functionName: FunctionName;
  /** A Flex token or a backend key. */
  readonly bearer: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** The status of the response. */
  readonly status: number;
  readonly calls: readonly PlainCall[];
}

const API = 'https://flex-api.twilio.com';
const USERS = `${API}/v4/Instances/${INSTANCE_SID}/Users`;
type User = typeof USER;

const VALIDATE: PlainCall = {
  method: 'POST',
  url: `https://iam.twilio.com/v1/Accounts/${ACCOUNT_SID}/Tokens/validate`,
  body: { token: FLEX_TOKEN },
};
const list = ({ username }: User): PlainCall => ({
  method: 'GET',
  url: `${USERS}?${new URLSearchParams({ Username: username })}`,
});
const record = ({ flexUserSid }: User): PlainCall => ({ method: 'GET', url: `${USERS}/${flexUserSid}` });
const tokens = ({ flexUserSid }: User): PlainCall => ({
  method: 'POST',
  url: `${USERS}/${flexUserSid}/Tokens`,
  body: { ttl: 3600 },
});

const NEW_USER = {
  username: USER.username,
  email: USER.username,
  full_name: 'Example Agent',
  roles: ['agent'],
  worker: { attributes: { languages: ['en', 'es'], department: 'support' } },
};
const PROVISION: PlainCall = { method: 'POST', url: `${USERS}/Provision`, body: NEW_USER };

const byKey = { bearer: BACKEND_KEY };
const byToken = { bearer: FLEX_TOKEN };
const byUsername = ({ username }: User) => ({ fields: { username } });

const mint = { functionName: 'mint', status: 201 } as const;
const lookup = { functionName: 'lookup', status: 200 } as const;
const provision = { functionName: 'provision', status: 201, fields: NEW_USER } as const;

// biome-ignore format: a table is read in columns
export const OPERATIONS = {
  mintOwn:             { name: 'mint, own user, Flex token',                  ...mint,      ...byToken, fields: {},                        calls: [VALIDATE, tokens(CALLER)] },
  mintByUsername:      { name: 'mint, by username, key',                      ...mint,      ...byKey, ...byUsername(USER),                 calls: [list(USER), tokens(USER)] },
  mintUnlisted:        { name: 'mint, by username, key, list says too little',  ...mint,    ...byKey, ...byUsername(UNLISTED_STATUS_USER), calls: [list(UNLISTED_STATUS_USER), record(UNLISTED_STATUS_USER), tokens(UNLISTED_STATUS_USER)] },
  lookupByKey:         { name: 'lookup, by username, key',                    ...lookup,    ...byKey, ...byUsername(USER),                 calls: [list(USER)] },
  lookupByToken:       { name: 'lookup, by username, Flex token',             ...lookup,    ...byToken, ...byUsername(USER),               calls: [VALIDATE, list(USER)] },
  provisionByKey:      { name: 'provision, key',                              ...provision, ...byKey,                                      calls: [PROVISION] },
  provisionByToken:    { name: 'provision, Flex token',                       ...provision, ...byToken,                                    calls: [VALIDATE, PROVISION] },
} as const satisfies Record<string, Operation>;

import { handler as deprovision } from '../../src/functions/deprovision';
import { handler as lookup } from '../../src/functions/lookup';
import { handler as mint } from '../../src/functions/mint';
import { handler as provision } from '../../src/functions/provision';
import { call } from '../support/call';
import { useSandbox } from '../support/twilio';

const twilio = useSandbox();

const FUNCTIONS = { deprovision, lookup, mint, provision };
const USERNAME = 'agent@example.com';
const NEW_USER = { username: 'new', email: 'new@example.com', full_name: 'New', roles: ['agent'] };

type By = 'key' | 'agent' | 'admin';
type Fields = 'own user' | 'username' | 'SID' | 'new user';

const fieldsOf = (fields: Fields): object =>
  ({
    'own user': {},
    username: { username: USERNAME },
    SID: { flex_user_sid: twilio.sandbox.users.agent.flexUserSid },
    'new user': NEW_USER,
  })[fields];

/** The requests to the sandbox, in order, with SIDs replaced by their kind. */
const requests = () =>
  twilio.sandbox.requests.map(({ method, path }) => `${method} ${path.replaceAll(/\b(AC|GO|FU)[0-9a-f]{32}/g, '$1')}`);

const VALIDATE = 'POST /v1/Accounts/AC/Tokens/validate';
const USERS = '/v4/Instances/GO/Users';
const LIST = `GET ${USERS}?Username=agent%40example.com`;
const RECORD = `GET ${USERS}/FU`;
const TOKENS = `POST ${USERS}/FU/Tokens`;
const PROVISION = `POST ${USERS}/Provision`;
const DEPROVISION = `POST ${USERS}/Deprovision`;

const send = async (name: keyof typeof FUNCTIONS, by: By, fields: object, settings = twilio.settings) => {
  const bearer = by === 'key' ? twilio.sandbox.backendKey : await twilio.sandbox.tokenFor(by);
  return call(FUNCTIONS[name], settings, { bearer, fields });
};

it.each<[keyof typeof FUNCTIONS, Fields, By, string[]]>([
  ['mint', 'own user', 'agent', [VALIDATE, TOKENS]],
  ['mint', 'username', 'key', [LIST, RECORD, TOKENS]],
  ['mint', 'SID', 'key', [RECORD, TOKENS]],
  ['lookup', 'own user', 'agent', [VALIDATE, RECORD]],
  ['lookup', 'username', 'key', [LIST]],
  ['lookup', 'SID', 'key', [RECORD]],
  ['lookup', 'username', 'admin', [VALIDATE, LIST]],
  ['provision', 'new user', 'key', [PROVISION]],
  ['provision', 'new user', 'admin', [VALIDATE, PROVISION]],
  ['deprovision', 'username', 'key', [LIST, DEPROVISION]],
  ['deprovision', 'SID', 'key', [DEPROVISION]],
  ['deprovision', 'SID', 'admin', [VALIDATE, RECORD, DEPROVISION]],
])('%s by %s, with the credential of %s, sends Twilio only the requests it needs', async (name, fields, by, calls) => {
  expect((await send(name, by, fieldsOf(fields))).status).toBeLessThan(300);
  expect(requests()).toEqual(calls);
});

it('mint reads no user record if the list says that the user is not deactivated', async () => {
  const { flexUserSid } = twilio.sandbox.users.agent;
  const users = [{ username: USERNAME, flex_user_sid: flexUserSid, deactivated: false }];
  twilio.sandbox.fault({ path: /Users\?/, status: 200, body: { users }, times: 1 });
  expect((await send('mint', 'key', { username: USERNAME })).status).toBe(201);
  expect(requests()).toEqual([LIST, TOKENS]);
});

it('reads the Flex instance once if FLEX_INSTANCE_SID is not set', async () => {
  // An account that no other test has used in this process.
  const { FLEX_INSTANCE_SID: _, ...settings } = twilio.settings;
  for (const calls of [
    ['GET /v1/Configuration', RECORD, TOKENS],
    [RECORD, TOKENS],
  ]) {
    twilio.sandbox.requests.length = 0;
    expect((await send('mint', 'key', fieldsOf('SID'), settings)).status).toBe(201);
    expect(requests()).toEqual(calls);
  }
});

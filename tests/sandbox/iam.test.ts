import { validator } from 'twilio-flex-token-validator';
import { interceptTwilio } from '../../sandbox/interception';
import { type Sandbox, startSandbox } from '../../sandbox/server';
import { basic, fixture, requestSandbox } from './support';

let sandbox: Sandbox;
let foreign: Sandbox;
beforeAll(async () => {
  [sandbox, foreign] = await Promise.all([startSandbox(), startSandbox()]);
});
beforeEach(() => sandbox.reset());
afterAll(() => Promise.all([sandbox.close(), foreign.close()]));

const path = (accountSid = sandbox.accountSid) => `iam.twilio.com/v1/Accounts/${accountSid}/Tokens/validate`;
const validate = (token: unknown) => requestSandbox(sandbox, 'POST', path(), { body: { token } });
const deprovisionAgent = () =>
  requestSandbox(sandbox, 'POST', `flex-api.twilio.com/v4/Instances/${sandbox.instanceSid}/Users/Deprovision`, {
    body: { flex_user_sid: sandbox.users.agent.flexUserSid },
  });

describe('Tokens/validate', () => {
  it('returns all claims of a valid token', async () => {
    const { supervisor } = sandbox.users;
    const reply = await validate(await sandbox.tokenFor('supervisor'));
    expect(reply).toMatchObject({ status: 200 });
    expect(reply.body).toEqual({
      valid: true,
      code: 0,
      message: null,
      expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      identity: 'supervisor_40example_2Ecom',
      realm_user_id: supervisor.username,
      roles: ['supervisor'],
      worker_sid: supervisor.worker_sid,
      flex_instance_sid: sandbox.instanceSid,
      flex_user_sid: supervisor.flexUserSid,
    });
    expect(Object.keys(reply.body)).toEqual(expect.arrayContaining(Object.keys(fixture('token-result'))));
  });

  it('accepts a token that the Users API minted', async () => {
    const { admin } = sandbox.users;
    const tokens = `flex-api.twilio.com/v4/Instances/${sandbox.instanceSid}/Users/${admin.flexUserSid}/Tokens`;
    const minted = await requestSandbox(sandbox, 'POST', tokens, { body: { ttl: 60 } });
    const reply = await validate(minted.body.access_token);
    expect(reply.body).toMatchObject({ valid: true, roles: ['admin'], flex_user_sid: admin.flexUserSid });
    expect(Date.parse(reply.body.expiration)).toBe(Date.parse(minted.body.token_info.expiration));
  });

  it('accepts the token of a webchat guest, with the role guest and without a worker', async () => {
    const reply = await validate(await sandbox.tokenFor('guest'));
    expect(reply.body).toMatchObject({ valid: true, roles: ['guest'], worker_sid: null, flex_user_sid: null });
  });

  it.each([
    ['garbage', 20101, () => 'garbage'],
    ['an empty string', 20101, () => ''],
    ['a number', 20101, () => 7],
    ['a modified token', 20101, async () => (await sandbox.tokenFor('agent')).replace(/.{8}$/, 'AAAAAAAA')],
    ['a token of another account', 20101, () => foreign.tokenFor('agent')],
    ['an expired token', 20104, () => sandbox.tokenFor('agent', { ttlSeconds: -1 })],
  ])('returns 200 with valid: false for %s', async (_, code, token) => {
    expect(await validate(await token())).toMatchObject({
      status: 200,
      body: { valid: false, code, message: expect.any(String), expiration: null, roles: null, worker_sid: null },
    });
  });

  it('rejects a token after its user was deactivated', async () => {
    const token = await sandbox.tokenFor('agent');
    await deprovisionAgent();
    expect((await validate(token)).body).toMatchObject({ valid: false });
  });

  it('returns the claims that a test sets: null stays null, undefined is omitted, any type is possible', async () => {
    const token = await sandbox.tokenFor('agent', {
      worker_sid: null,
      expiration: undefined,
      roles: 'agent',
      valid: 1,
    });
    const { body } = await validate(token);
    expect(body).toMatchObject({ worker_sid: null, roles: 'agent', valid: 1 });
    expect(body).not.toHaveProperty('expiration');
  });

  it('requires the credentials of the same account', async () => {
    const body = { token: await sandbox.tokenFor('agent') };
    const refused = { status: 401, body: { code: 20003, status: 401 } };
    expect(await requestSandbox(sandbox, 'POST', path(), { body, headers: {} })).toMatchObject(refused);
    expect(
      await requestSandbox(sandbox, 'POST', path(), { body, headers: basic(sandbox.accountSid, 'x') }),
    ).toMatchObject(refused);
    expect(await requestSandbox(sandbox, 'POST', path(foreign.accountSid), { body })).toMatchObject(refused);
    const headers = basic(sandbox.apiKeySid, sandbox.apiKeySecret);
    expect(await requestSandbox(sandbox, 'POST', path(), { body, headers })).toMatchObject({
      status: 200,
      body: { valid: true },
    });
  });

  it('refuses a body without a token, and other paths, with Twilio’s errors', async () => {
    expect(await requestSandbox(sandbox, 'POST', path(), { body: {} })).toMatchObject({
      status: 400,
      body: { code: 20001 },
    });
    expect(await requestSandbox(sandbox, 'GET', path())).toMatchObject({ status: 404, body: { code: 20404 } });
  });
});

describe('twilio-flex-token-validator itself', () => {
  let undo: () => void;
  beforeAll(() => {
    undo = interceptTwilio(sandbox.origin);
  });
  afterAll(() => undo());

  const check = (token: string, realm?: string) => validator(token, sandbox.accountSid, sandbox.authToken, realm);

  it('resolves with the result for a valid token', async () => {
    expect(await check(await sandbox.tokenFor('agent'))).toMatchObject({ valid: true, roles: ['agent'] });
  });

  it('calls the host of its realm, with an API key if it has one', async () => {
    const key = { Sid: sandbox.apiKeySid, Secret: sandbox.apiKeySecret };
    const token = await sandbox.tokenFor('agent');
    expect(await validator(token, sandbox.accountSid, undefined, 'au1', key)).toMatchObject({ valid: true });
    expect(sandbox.requestsTo('iam')).toMatchObject([{ host: 'iam.au1.twilio.com', json: { token } }]);
  });

  it('rejects with the message of the response, for an expired token and for wrong credentials', async () => {
    const expired = await sandbox.tokenFor('agent', { ttlSeconds: 0 });
    await expect(check(expired)).rejects.toMatch(/expired/);
    await expect(validator(expired, sandbox.accountSid, 'wrong')).rejects.toBe('Authenticate');
  });

  it('sends half a body if the token is not ASCII, because it counts characters as bytes', async () => {
    await expect(check('é')).rejects.toBe('Bad request');
    expect(sandbox.requestsTo('iam')).toMatchObject([{ body: '{"token":"é"', json: undefined }]);
  });

  it('rejects when the connection breaks', async () => {
    sandbox.fault({ reset: 'before-headers' });
    await expect(check('x')).rejects.toMatch(/ECONNRESET|socket hang up/);
  });
});

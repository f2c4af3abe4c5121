import { type Sandbox, startSandbox } from '../../sandbox/server';
import { basic, fixture, requestSandbox, shapeOf } from './support';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => sandbox.reset());
afterAll(() => sandbox.close());

const usersPath = () => `flex-api.twilio.com/v4/Instances/${sandbox.instanceSid}/Users`;
const newcomer = { username: 'user1', email: 'test@example.com', full_name: 'Foo Bar', roles: ['agent'], worker: {} };
const provision = (changes: object = {}) =>
  requestSandbox(sandbox, 'POST', `${usersPath()}/Provision`, { body: { ...newcomer, ...changes } });
const notFound = { status: 404, body: { code: 20404, status: 404, more_info: expect.stringContaining('20404') } };
const badRequest = { status: 400, body: { code: 20001, status: 400 } };
const noAccess = { status: 401, body: { code: 20003, status: 401, message: 'Authenticate' } };

describe('Users/Provision', () => {
  it('creates a user with 201 and the documented record', async () => {
    const reply = await provision();
    expect(reply.status).toBe(201);
    expect(shapeOf(reply.body)).toEqual(shapeOf(fixture('provision')));
    expect(reply.body).toMatchObject({
      username: 'user1',
      email: 'test@example.com',
      full_name: 'Foo Bar',
      roles: ['agent'],
      account_sid: sandbox.accountSid,
      instance_sid: sandbox.instanceSid,
      flex_user_sid: expect.stringMatching(/^FU[0-9a-f]{32}$/),
      worker: { worker_sid: expect.stringMatching(/^WK[0-9a-f]{32}$/) },
    });
  });

  it('updates a user with the same username with 200, and keeps the SIDs', async () => {
    const first = await provision();
    const second = await provision({ full_name: 'Foo Baz', roles: ['agent', 'supervisor'] });
    expect(second).toMatchObject({
      status: 200,
      body: {
        full_name: 'Foo Baz',
        roles: ['agent', 'supervisor'],
        flex_user_sid: first.body.flex_user_sid,
        version: 1,
      },
    });
    expect(second.body.worker).toEqual(first.body.worker);
    expect(sandbox.user('user1')).toMatchObject({ full_name: 'Foo Baz' });
  });

  it('reactivates a deactivated user, with a new worker', async () => {
    const { agent } = sandbox.users;
    await requestSandbox(sandbox, 'POST', `${usersPath()}/Deprovision`, { body: { flex_user_sid: agent.flexUserSid } });
    const reply = await provision({ username: agent.username });
    expect(reply).toMatchObject({ status: 200, body: { deactivated: false, deactivated_date: null } });
    expect(reply.body.flex_user_sid).toBe(agent.flexUserSid);
    expect(reply.body.worker.worker_sid).toMatch(/^WK/);
    expect(reply.body.worker.worker_sid).not.toBe(agent.worker_sid);
  });

  it('keeps the worker’s attributes', async () => {
    await provision({ worker: { attributes: { language: 'english' } } });
    expect(sandbox.user('user1')?.worker_attributes).toEqual({ language: 'english' });
  });

  it.each([
    ['without a username', { username: undefined }],
    ['with an empty email', { email: '' }],
    ['with a full name of 257 characters', { full_name: 'x'.repeat(257) }],
    ['with a name that is a number', { username: 7 }],
    ['without roles', { roles: undefined }],
    ['with an empty list of roles', { roles: [] }],
    ['with a role that Flex does not have', { roles: ['agent', 'owner'] }],
    ['with one role outside a list', { roles: 'agent' }],
    ['without a worker', { worker: undefined }],
    ['with a list as the worker', { worker: [] }],
    ['with a string as the worker attributes', { worker: { attributes: '{}' } }],
  ])('refuses a user %s, and does not create the user', async (_, changes) => {
    expect(await provision(changes)).toMatchObject(badRequest);
    expect(sandbox.user('user1')).toBeUndefined();
  });

  it('refuses a body that is not JSON', async () => {
    expect(await requestSandbox(sandbox, 'POST', `${usersPath()}/Provision`, { body: 'username=user1' })).toMatchObject(
      badRequest,
    );
  });
});

describe('the list of users', () => {
  it('has the one user with that username, as documented, with the worker’s SID and without deactivated', async () => {
    const { agent } = sandbox.users;
    const reply = await requestSandbox(sandbox, 'GET', `${usersPath()}?Username=${encodeURIComponent(agent.username)}`);
    const sample = fixture('users') as { users: object[] };
    expect(reply.status).toBe(200);
    expect(shapeOf(reply.body)).toEqual(
      shapeOf({ ...sample, users: [{ ...sample.users[0], worker_sid: 'WORKER_SID' }] }),
    );
    expect(reply.body.users[0]).toMatchObject({ username: agent.username, worker_sid: agent.worker_sid });
  });

  it('is empty, not a 404, for an unknown username', async () => {
    const reply = await requestSandbox(sandbox, 'GET', `${usersPath()}?Username=nobody`);
    expect(reply).toMatchObject({ status: 200, body: { users: [], meta: { list_key: 'users' } } });
  });

  it('omits worker_sid for a deactivated user', async () => {
    const { agent } = sandbox.users;
    await requestSandbox(sandbox, 'POST', `${usersPath()}/Deprovision`, { body: { flex_user_sid: agent.flexUserSid } });
    const reply = await requestSandbox(sandbox, 'GET', `${usersPath()}?Username=${agent.username}`);
    expect(reply.body.users[0]).not.toHaveProperty('worker_sid');
    expect(reply.body.users[0]).not.toHaveProperty('deactivated');
  });
});

describe('the record of a user', () => {
  it('nests the worker and says whether the user is deactivated', async () => {
    const { admin } = sandbox.users;
    const reply = await requestSandbox(sandbox, 'GET', `${usersPath()}/${admin.flexUserSid}`);
    expect(shapeOf(reply.body)).toEqual(shapeOf(fixture('provision')));
    expect(reply).toMatchObject({
      status: 200,
      body: { deactivated: false, worker: { worker_sid: admin.worker_sid } },
    });
  });

  it('is Twilio’s 404 for an unknown SID', async () => {
    expect(await requestSandbox(sandbox, 'GET', `${usersPath()}/FU${'0'.repeat(32)}`)).toMatchObject(notFound);
  });
});

describe('Users/{FU}/Tokens', () => {
  const mint = (flexUserSid: string, body?: unknown) =>
    requestSandbox(sandbox, 'POST', `${usersPath()}/${flexUserSid}/Tokens`, body === undefined ? {} : { body });

  it('returns 201 with a compact JWE and the documented fields', async () => {
    const { agent } = sandbox.users;
    const reply = await mint(agent.flexUserSid, { ttl: 60 });
    expect(reply.status).toBe(201);
    expect(shapeOf(reply.body)).toEqual(shapeOf(fixture('token')));
    expect(reply.body.access_token).toMatch(/^[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(reply.body.token_info).toMatchObject({
      flex_user_sid: agent.flexUserSid,
      username: 'agent@example.com',
      identity: 'agent_40example_2Ecom',
      roles: ['agent'],
    });
  });

  it.each([
    ['the requested seconds', { ttl: 60 }, 60],
    ['an hour if no ttl is requested', {}, 3600],
    ['an hour if there is no body', undefined, 3600],
  ])('makes a token last %s', async (_, body, seconds) => {
    const startedAtMs = Date.now();
    const reply = await mint(sandbox.users.agent.flexUserSid, body);
    const expiresAtMs = Date.parse(reply.body.token_info.expiration);
    expect(expiresAtMs).toBeGreaterThan(startedAtMs + (seconds - 1) * 1000);
    expect(expiresAtMs).toBeLessThanOrEqual(Date.now() + seconds * 1000);
  });

  it.each([0, -1, 1.5, '60', null])('refuses a ttl of %j', async (ttl) => {
    expect(await mint(sandbox.users.agent.flexUserSid, { ttl })).toMatchObject(badRequest);
  });

  it('is a 404 for an unknown user and a 403 for a deactivated one', async () => {
    const { flexUserSid } = sandbox.users.agent;
    await requestSandbox(sandbox, 'POST', `${usersPath()}/Deprovision`, { body: { flex_user_sid: flexUserSid } });
    expect(await mint(`FU${'0'.repeat(32)}`, {})).toMatchObject(notFound);
    expect(await mint(flexUserSid, {})).toMatchObject({ status: 403, body: { code: 20403, status: 403 } });
  });
});

describe('Users/Deprovision', () => {
  it('returns an empty 204, deactivates the user and deletes the worker', async () => {
    const { flexUserSid, username } = sandbox.users.agent;
    const reply = await requestSandbox(sandbox, 'POST', `${usersPath()}/Deprovision`, {
      body: { flex_user_sid: flexUserSid },
    });
    expect(reply).toMatchObject({ status: 204, body: undefined });
    expect(sandbox.user(username)).toMatchObject({ deactivated: true, worker_sid: null });
    const record = await requestSandbox(sandbox, 'GET', `${usersPath()}/${flexUserSid}`);
    expect(record.body).toMatchObject({
      deactivated: true,
      deactivated_date: expect.any(String),
      worker: { worker_sid: null },
    });
  });

  it('is a 404 for an unknown user, and a 400 for a malformed SID', async () => {
    const deprovision = (sid: string) =>
      requestSandbox(sandbox, 'POST', `${usersPath()}/Deprovision`, { body: { flex_user_sid: sid } });
    expect(await deprovision(`FU${'0'.repeat(32)}`)).toMatchObject(notFound);
    expect(await deprovision('agent@example.com')).toMatchObject(badRequest);
  });
});

describe('access to flex-api', () => {
  const users = () => `${usersPath()}?Username=x`;

  it('is open to the API key as well as to the Auth Token', async () => {
    const headers = basic(sandbox.apiKeySid, sandbox.apiKeySecret);
    expect(await requestSandbox(sandbox, 'GET', users(), { headers })).toMatchObject({ status: 200 });
  });

  it.each([
    ['nothing', () => ({})],
    ['a wrong Auth Token', () => basic(sandbox.accountSid, 'wrong')],
    ['the secret of the API key with the SID of the account', () => basic(sandbox.accountSid, sandbox.apiKeySecret)],
    ['a bearer token', () => ({ authorization: `Bearer ${sandbox.authToken}` })],
  ])('is refused with 20003 for %s', async (_, headers) => {
    expect(await requestSandbox(sandbox, 'GET', users(), { headers: headers() })).toMatchObject(noAccess);
    expect(
      await requestSandbox(sandbox, 'GET', 'flex-api.twilio.com/v1/Configuration', { headers: headers() }),
    ).toMatchObject(noAccess);
  });

  it('is a 404 for another instance, and for a path that Twilio does not have', async () => {
    const elsewhere = `flex-api.twilio.com/v4/Instances/GO${'0'.repeat(32)}/Users?Username=x`;
    expect(await requestSandbox(sandbox, 'GET', elsewhere)).toMatchObject(notFound);
    expect(await requestSandbox(sandbox, 'GET', `${usersPath()}/a/b/c`)).toMatchObject(notFound);
    expect(await requestSandbox(sandbox, 'GET', 'flex-api.twilio.com/v2/Everything')).toMatchObject(notFound);
  });

  it('is the same in every region and on every edge', async () => {
    for (const host of ['flex-api.au1.twilio.com', 'flex-api.sydney.au1.twilio.com']) {
      expect(await requestSandbox(sandbox, 'GET', users().replace('flex-api.twilio.com', host))).toMatchObject({
        status: 200,
      });
    }
  });
});

describe('a browser’s request to flex-api', () => {
  // @twilio/flex-sdk 3.0.0 sends the parenthesis.
  const tokenAuth = (token: string) => ({ authorization: `${basic('token', token).authorization})` });
  const info = (token: string) =>
    requestSandbox(sandbox, 'POST', `flex-api.twilio.com/v1/Accounts/${sandbox.accountSid}/Tokens/Info`, {
      headers: {
        ...tokenAuth(token),
        'Content-Type': 'application/x-www-form-urlencoded',
        Origin: 'http://localhost:3000',
      },
      body: `Token=${encodeURIComponent(token)}`,
    });

  it('gets Configuration with account credentials and with a Flex token', async () => {
    const token = await sandbox.tokenFor('agent');
    const expected = { status: 200, body: { account_sid: sandbox.accountSid, flex_instance_sid: sandbox.instanceSid } };
    expect(await requestSandbox(sandbox, 'GET', 'flex-api.twilio.com/v1/Configuration')).toMatchObject(expected);
    const asked = 'flex-api.twilio.com/v1/Configuration?UiVersion=undefined';
    expect(await requestSandbox(sandbox, 'GET', asked, { headers: tokenAuth(token) })).toMatchObject(expected);
    expect(await requestSandbox(sandbox, 'GET', asked, { headers: tokenAuth('x.y') })).toMatchObject(noAccess);
  });

  it('gets the claims of a token from Tokens/Info, readable from any origin', async () => {
    const { agent } = sandbox.users;
    const reply = await info(await sandbox.tokenFor('agent'));
    expect(reply.status).toBe(200);
    expect(reply.headers.get('access-control-allow-origin')).toBe('*');
    expect(reply.body).toEqual({
      account_sid: sandbox.accountSid,
      expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      flex_instance_sid: sandbox.instanceSid,
      flex_user_sid: agent.flexUserSid,
      identity: 'agent_40example_2Ecom',
      name_id: agent.username,
      permissions: expect.any(Array),
      realm_user_id: agent.username,
      roles: ['agent'],
      worker_sid: agent.worker_sid,
    });
  });

  it('is refused by Tokens/Info with 20003 for an expired token', async () => {
    expect(await info(await sandbox.tokenFor('agent', { ttlSeconds: 0 }))).toMatchObject(noAccess);
  });

  it('passes the preflight, which is not recorded; the Users API allows none', async () => {
    const preflight = (path: string) =>
      fetch(`${sandbox.origin}/${path}`, {
        method: 'OPTIONS',
        headers: {
          Origin: 'http://localhost:3000',
          'Access-Control-Request-Method': 'POST',
          'Access-Control-Request-Headers': 'authorization,content-type',
        },
      });
    const allowed = await preflight(`flex-api.twilio.com/v1/Accounts/${sandbox.accountSid}/Tokens/Info`);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-headers')).toBe('authorization,content-type');
    expect(sandbox.requests).toEqual([]);
    expect((await preflight(usersPath())).headers.has('access-control-allow-origin')).toBe(false);
  });
});

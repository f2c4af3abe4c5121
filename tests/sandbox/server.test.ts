import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { type Sandbox, startSandbox } from '../../sandbox/server';
import { identityOf } from '../../sandbox/state/users';
import { fixture, requestSandbox } from './support';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => sandbox.reset());
afterAll(() => sandbox.close());

const users = () => `flex-api.twilio.com/v4/Instances/${sandbox.instanceSid}/Users`;

describe('a sandbox', () => {
  it('listens on the loopback interface, on a free port', async () => {
    const other = await startSandbox();
    expect(other.origin).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(other.origin).not.toBe(sandbox.origin);
    await other.close();
  });

  it('uses the given port, or fails if it is taken', async () => {
    const port = Number(new URL(sandbox.origin).port);
    await expect(startSandbox({ port })).rejects.toMatchObject({ code: 'EADDRINUSE', port });
  });

  it('has a different account, secrets and users than any other', async () => {
    const other = await startSandbox();
    await other.close();
    for (const name of ['accountSid', 'authToken', 'apiKeySid', 'apiKeySecret', 'instanceSid', 'backendKey'] as const) {
      expect(sandbox[name]).toBeTruthy();
      expect(other[name]).not.toBe(sandbox[name]);
    }
    expect(sandbox.accountSid).toMatch(/^AC[0-9a-f]{32}$/);
    expect(sandbox.instanceSid).toMatch(/^GO[0-9a-f]{32}$/);
  });

  it('returns the settings that the Functions need, with only the hash of its backend key', () => {
    const { environment, accountSid, authToken, backendKey, backendKeys } = sandbox;
    expect(environment()).toEqual({ ACCOUNT_SID: accountSid, AUTH_TOKEN: authToken, BACKEND_KEYS: backendKeys });
    expect(backendKey).toMatch(/^fbk_sandbox\.[\w-]{43}$/);
    const hash = createHash('sha256').update(backendKey).digest('hex');
    expect(backendKeys).toBe(`sandbox:provision+lookup+mint+deprovision:${hash}`);
  });

  it('has a user for each role, and a guest who is not a user', () => {
    for (const role of ['agent', 'supervisor', 'admin'] as const) {
      const seed = sandbox.users[role];
      expect(seed).toMatchObject({ username: `${role}@example.com`, roles: [role], deactivated: false });
      expect(sandbox.user(seed.username)).toEqual(seed);
    }
    expect(sandbox.users.guest.roles).toEqual(['guest']);
    expect(sandbox.user(sandbox.users.guest.identity)).toBeUndefined();
  });

  it('issues tokens for users that were provisioned since, in their current state', async () => {
    const body = { username: 'new', email: 'n@example.com', full_name: 'N', roles: ['agent', 'admin'], worker: {} };
    await requestSandbox(sandbox, 'POST', `${users()}/Provision`, { body });
    const user = sandbox.user('new');
    const token = await sandbox.tokenFor(user ?? 'guest');
    const validate = `iam.twilio.com/v1/Accounts/${sandbox.accountSid}/Tokens/validate`;
    const reply = await requestSandbox(sandbox, 'POST', validate, { body: { token } });
    expect(reply.body).toMatchObject({ valid: true, realm_user_id: 'new', roles: ['agent', 'admin'] });
  });

  it('records requests in order, each with the request ID of its response', async () => {
    const startedAtMs = Date.now();
    const first = await requestSandbox(sandbox, 'GET', `${users()}?Username=x`);
    const second = await requestSandbox(sandbox, 'POST', 'iam.au1.twilio.com/v1/x', {
      body: { token: 't' },
      headers: { A: 'b' },
    });
    expect(sandbox.requests).toMatchObject([
      { service: 'flex-api', host: 'flex-api.twilio.com', method: 'GET', body: '', json: undefined },
      {
        service: 'iam',
        host: 'iam.au1.twilio.com',
        method: 'POST',
        path: '/v1/x',
        json: { token: 't' },
        headers: { a: 'b' },
      },
    ]);
    expect(sandbox.requests[0]?.path).toBe(`/v4/Instances/${sandbox.instanceSid}/Users?Username=x`);
    expect(sandbox.requests[0]?.atMs).toBeGreaterThanOrEqual(startedAtMs);
    expect(sandbox.requests.map(({ requestId }) => requestId)).toEqual([
      first.headers.get('twilio-request-id'),
      second.headers.get('twilio-request-id'),
    ]);
    expect(sandbox.requestsTo('iam')).toEqual([sandbox.requests[1]]);
  });

  it('forgets requests and changes on reset, but keeps the SIDs of its users', async () => {
    const body = { flex_user_sid: sandbox.users.agent.flexUserSid };
    await requestSandbox(sandbox, 'POST', `${users()}/Deprovision`, { body });
    sandbox.reset();
    expect(sandbox.requests).toEqual([]);
    expect(sandbox.user('agent@example.com')).toEqual(sandbox.users.agent);
  });

  it.each(['', 'sandbox', 'flex-api/v1/Configuration', 'example.com/v1', 'flex-api.twilio.com.example.com/v1'])(
    'responds to /%s with a plain 404, and records nothing',
    async (target) => {
      const response = await fetch(`${sandbox.origin}/${target}`);
      expect([response.status, await response.text()]).toEqual([404, 'Not found']);
      expect(sandbox.requests).toEqual([]);
    },
  );

  it('does not replace the Request and Response of the process', () => {
    expect(new Request('http://localhost').constructor.name).toBe('Request');
    expect(Object.getOwnPropertyNames(Response.prototype)).toContain('body');
  });
});

describe('identityOf', () => {
  it.each([
    ['user1', 'user1'],
    ['first.last@example.com', 'first_2Elast_40example_2Ecom'],
    ['a_b-c', 'a_5Fb_2Dc'],
    ['é', '_C3_A9'],
  ])('encodes %s as the identity %s', (username, identity) => {
    expect(identityOf(username)).toBe(identity);
  });
});

it('names a source for every sample of a response', () => {
  const directory = path.join(__dirname, '../../sandbox/fixtures');
  const samples = readdirSync(directory).filter((name) => name !== 'sources.json');
  const sources = fixture('sources');
  expect(Object.keys(sources).sort()).toEqual(samples.sort());
  for (const source of Object.values(sources)) {
    expect(source).toMatchObject({
      source: expect.stringMatching(/^https:/),
      date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      how: expect.stringMatching(/^(captured|transcribed)$/),
    });
  }
});

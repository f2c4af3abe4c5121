import { type Service, startService } from '../../local/running-service';
import { createFlexAuth } from '../../src/client/flex-auth';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());
beforeEach(() => service.sandbox.reset());

const ANN = {
  username: 'ann@example.com',
  email: 'ann@example.com',
  full_name: 'Ann Example',
  roles: ['agent'],
} as const;
const UNKNOWN_SID = `FU${'0'.repeat(32)}`;

const calling = (token: string) => createFlexAuth({ service: service.origin, token: () => token });
const callingAs = async (role: 'agent' | 'supervisor' | 'admin' | 'guest') =>
  calling(await service.sandbox.tokenFor(role));

it('lets an admin provision a user, look them up by name and by SID, and deprovision them', async () => {
  const admin = await callingAs('admin');
  const provisioned = await admin.provision({ ...ANN, worker: { attributes: { language: 'english' } } });
  expect(provisioned).toMatchObject({
    username: ANN.username,
    roles: ['agent'],
    worker: { worker_sid: expect.any(String) },
  });
  expect(service.sandbox.user(ANN.username)?.worker_attributes).toEqual({ language: 'english' });

  const { flex_user_sid } = provisioned;
  expect(await admin.lookup({ username: ANN.username })).toMatchObject({
    flex_user_sid,
    worker_sid: expect.any(String),
  });
  expect(await admin.lookup({ flex_user_sid })).toMatchObject({ username: ANN.username, deactivated: false });

  expect(await admin.deprovision({ flex_user_sid })).toBeUndefined();
  expect(service.sandbox.user(ANN.username)).toMatchObject({ deactivated: true });
});

it('looks up and mints for the caller if the request names no user', async () => {
  const agent = await callingAs('agent');
  const { flexUserSid, username } = service.sandbox.users.agent;
  expect(await agent.lookup()).toMatchObject({ flex_user_sid: flexUserSid, username });
  const { access_token, token_info } = await agent.mint({ ttl: 60 });
  expect(token_info).toMatchObject({ flex_user_sid: flexUserSid, username });
  expect(Date.parse(token_info.expiration ?? '') - Date.now()).toBeLessThanOrEqual(60_000);
  expect(await calling(access_token).lookup()).toMatchObject({ username });
});

it('calls token() for each request, so that a renewed token is used at once', async () => {
  const tokens = [await service.sandbox.tokenFor('agent'), await service.sandbox.tokenFor('supervisor')];
  const shown = [...tokens];
  const client = createFlexAuth({ service: service.origin, token: async () => tokens.shift() });
  expect(await client.lookup()).toMatchObject({ username: service.sandbox.users.agent.username });
  expect(await client.lookup()).toMatchObject({ username: service.sandbox.users.supervisor.username });
  expect(service.sandbox.requestsTo('iam').map(({ json }) => json)).toEqual(shown.map((token) => ({ token })));
});

describe('a call that the service refuses', () => {
  it('rejects with the invalid fields', async () => {
    const wrong = { ...ANN, full_name: '', roles: [] };
    await expect((await callingAs('admin')).provision(wrong)).rejects.toMatchObject({
      name: 'FlexAuthError',
      code: 'invalid_request',
      status: 400,
      message: expect.stringContaining('full_name, roles'),
      details: [
        { field: 'full_name', message: expect.any(String) },
        { field: 'roles', message: expect.any(String) },
      ],
    });
  });

  it('rejects with Twilio’s response and the time to wait', async () => {
    service.sandbox.fault({ host: 'flex-api', status: 429, retryAfter: 60 });
    await expect((await callingAs('supervisor')).lookup({ username: 'ann' })).rejects.toMatchObject({
      code: 'rate_limited',
      status: 429,
      retryAfterSeconds: 60,
      upstream: { status: 429, code: 20429, request_id: expect.stringMatching(/^RQ/) },
    });
  });

  it.each([
    ['a guest', 'guest', 'forbidden', 403],
    ['an agent who looks up another user', 'agent', 'forbidden', 403],
    ['a supervisor who looks up an unknown user', 'supervisor', 'user_not_found', 404],
  ] as const)('rejects with the code of the reason: %s', async (_, role, code, status) => {
    const client = await callingAs(role);
    await expect(client.lookup({ flex_user_sid: UNKNOWN_SID })).rejects.toMatchObject({ code, status });
  });

  it('rejects with invalid_token for a token that has expired', async () => {
    const client = calling(await service.sandbox.tokenFor('agent', { ttlSeconds: -1 }));
    await expect(client.mint()).rejects.toMatchObject({ code: 'invalid_token', status: 401 });
  });

  it('rejects with invalid_token for a backend key, which is accepted in the header only', async () => {
    await expect(calling(service.sandbox.backendKey).lookup()).rejects.toMatchObject({ code: 'invalid_token' });
  });
});

it('sends the whole of what it was given through a form: attributes, roles and a plus address', async () => {
  const username = 'ann+flex@example.com';
  const attributes = { language: 'français & 日本語', channels: { voice: 2 }, tags: ['a', 'b'], vip: true, none: null };
  const admin = await callingAs('admin');
  await admin.provision({ ...ANN, username, roles: ['agent', 'supervisor'], worker: { attributes } });
  expect(service.sandbox.user(username)).toMatchObject({
    roles: ['agent', 'supervisor'],
    worker_attributes: attributes,
  });
  expect(await admin.lookup({ username })).toMatchObject({ username });
});

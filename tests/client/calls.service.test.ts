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

it('provisions a user, looks them up by name and by SID, and deprovisions them, as an admin', async () => {
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

it('looks up and mints for the caller, where nobody is named', async () => {
  const agent = await callingAs('agent');
  const { flexUserSid, username } = service.sandbox.users.agent;
  expect(await agent.lookup()).toMatchObject({ flex_user_sid: flexUserSid, username });
  const { access_token, token_info } = await agent.mint({ ttl: 60 });
  expect(token_info).toMatchObject({ flex_user_sid: flexUserSid, username });
  expect(Date.parse(token_info.expiration ?? '') - Date.now()).toBeLessThanOrEqual(60_000);
  expect(await calling(access_token).lookup()).toMatchObject({ username });
});

it('asks for the token at each call, so that a renewed one is used at once', async () => {
  const tokens = [await service.sandbox.tokenFor('agent'), await service.sandbox.tokenFor('supervisor')];
  const shown = [...tokens];
  const client = createFlexAuth({ service: service.origin, token: async () => tokens.shift() });
  expect(await client.lookup()).toMatchObject({ username: service.sandbox.users.agent.username });
  expect(await client.lookup()).toMatchObject({ username: service.sandbox.users.supervisor.username });
  expect(service.sandbox.requestsTo('iam').map(({ json }) => json)).toEqual(shown.map((token) => ({ token })));
});

describe('what the service refuses', () => {
  it('comes with the fields at fault', async () => {
    const wrong = { ...ANN, full_name: '', roles: [] };
    await expect((await callingAs('admin')).provision(wrong)).rejects.toMatchObject({
      ...{ name: 'FlexAuthError', code: 'invalid_request', status: 400 },
      message: expect.stringContaining('full_name, roles'),
      details: [
        { field: 'full_name', message: expect.any(String) },
        { field: 'roles', message: expect.any(String) },
      ],
    });
  });

  it('comes with what Twilio said, and with the time to wait', async () => {
    service.sandbox.fault({ host: 'flex-api', status: 429, retryAfter: 60 });
    await expect((await callingAs('supervisor')).lookup({ username: 'ann' })).rejects.toMatchObject({
      ...{ code: 'rate_limited', status: 429, retryAfterSeconds: 60 },
      upstream: { status: 429, code: 20429, request_id: expect.stringMatching(/^RQ/) },
    });
  });

  it.each([
    ['a guest', 'guest', 'forbidden', 403],
    ['an agent who asks about somebody else', 'agent', 'forbidden', 403],
    ['a supervisor who asks about nobody there is', 'supervisor', 'user_not_found', 404],
  ] as const)('is told apart by its code: %s', async (_, role, code, status) => {
    const client = await callingAs(role);
    await expect(client.lookup({ flex_user_sid: UNKNOWN_SID })).rejects.toMatchObject({ code, status });
  });

  it('is told apart by its code: a token that has expired', async () => {
    const client = calling(await service.sandbox.tokenFor('agent', { ttlSeconds: -1 }));
    await expect(client.mint()).rejects.toMatchObject({ code: 'invalid_token', status: 401 });
  });

  it('is told apart by its code: a user who is deactivated', async () => {
    const { backendKey, users } = service.sandbox;
    await calling(backendKey).deprovision({ username: users.agent.username });
    await expect(calling(backendKey).mint({ username: users.agent.username })).rejects.toMatchObject({
      ...{ code: 'user_deactivated', status: 409 },
    });
  });
});

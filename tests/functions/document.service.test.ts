import { type Service, startService } from '../../local/running-service';
import { get, post, postForm } from '../support/http';

// The requests of Twilio's page "Flex SDK authentication", option 3, with the fields of its sample responses.

let service: Service;
let bearer: string;

beforeAll(async () => {
  service = await startService();
  bearer = service.sandbox.backendKey;
});
beforeEach(() => service.sandbox.reset());
afterAll(() => service.close());

const USER = {
  username: 'user1',
  email: 'test@example.com',
  full_name: 'Foo Bar',
  roles: ['agent'],
  worker: {
    attributes: { 'channel.voice.capacity': 10, language: 'english, spanish', 'more.stringarray': 'more,more2' },
  },
};

const SID = (prefix: string) => expect.stringMatching(new RegExp(`^${prefix}[0-9a-f]{32}$`));
const DATE = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

const sent = () => service.sandbox.requestsTo('flex-api').find(({ path }) => path.endsWith('/Provision'))?.json;

describe('POST /provision', () => {
  it('creates the documented user, and returns 201 with the fields of the documented sample', async () => {
    const answer = await post(service, '/provision', USER, { bearer });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      account_sid: service.sandbox.accountSid,
      created_date: DATE,
      deactivated: false,
      deactivated_date: null,
      email: 'test@example.com',
      flex_team_sid: expect.any(String),
      flex_user_sid: SID('FU'),
      full_name: 'Foo Bar',
      instance_sid: service.sandbox.instanceSid,
      locale: null,
      roles: ['agent'],
      teams: { team_member: null, team_owner: null },
      updated_date: DATE,
      username: 'user1',
      version: 0,
      worker: { worker_sid: SID('WK'), workspace_sid: SID('WS') },
    });
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  });

  it('sends Twilio exactly the fields of the request', async () => {
    await post(service, '/provision', USER, { bearer });
    expect(sent()).toEqual(USER);
  });

  it('refuses fields that it does not know, also in worker, and sends Twilio nothing', async () => {
    const more = { account_sid: 'AC1', deactivated: true, worker: { ...USER.worker, worker_sid: 'WK1' } };
    expect(await post(service, '/provision', { ...USER, ...more }, { bearer })).toMatchObject({
      status: 400,
      body: { details: [{ field: 'worker.worker_sid' }, { field: 'account_sid' }, { field: 'deactivated' }] },
    });
    expect(service.sandbox.requestsTo('flex-api')).toEqual([]);
  });

  it('treats a form the same as JSON', async () => {
    const { roles, worker, ...texts } = USER;
    const form = { ...texts, roles: 'agent,supervisor', worker: JSON.stringify(worker) };
    expect((await postForm(service, '/provision', form, { bearer })).status).toBe(201);
    expect(sent()).toEqual({ ...USER, roles: ['agent', 'supervisor'] });
  });

  it('treats repeated roles in a form as a list', async () => {
    const { roles, worker, ...texts } = USER;
    const form: [string, string][] = [...Object.entries(texts), ['roles', 'agent'], ['roles', 'admin']];
    await postForm(service, '/provision', form, { bearer });
    expect(sent()).toEqual({ ...texts, roles: ['agent', 'admin'], worker: {} });
  });

  it('returns 200 for an existing user, as Twilio does', async () => {
    await post(service, '/provision', USER, { bearer });
    const again = await post(service, '/provision', { ...USER, full_name: 'Foo Baz' }, { bearer });
    expect(again).toMatchObject({ status: 200, body: { username: 'user1', full_name: 'Foo Baz' } });
  });

  it('passes on Twilio’s refusal as 400, with its code and request ID', async () => {
    service.sandbox.fault({ path: /Provision$/, status: 400 });
    const answer = await post(service, '/provision', USER, { bearer });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request', upstream: { status: 400 } } });
    expect(answer.body.upstream.request_id).toMatch(/^RQ/);
    expect(answer.body.message).toContain(`https://www.twilio.com/docs/api/errors/${answer.body.upstream.code}`);
  });

  it('lists all invalid fields at once, without calling Twilio', async () => {
    const wrong = { username: '', full_name: 7, roles: ['agent', 'boss'], worker: { attributes: [] } };
    const answer = await post(service, '/provision', wrong, { bearer });
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      status: 400,
      code: 'invalid_request',
      message: 'Invalid fields: username, email, full_name, roles, worker.attributes. Fix them and retry.',
      details: [
        { field: 'username', message: 'must be a string of 1 to 256 characters' },
        { field: 'email', message: 'is required: must be a string of 1 to 256 characters' },
        { field: 'full_name', message: 'must be a string of 1 to 256 characters' },
        { field: 'roles', message: 'must be a list of one or more of agent, supervisor, admin' },
        { field: 'worker.attributes', message: 'must be an object' },
      ],
    });
    expect(service.sandbox.requestsTo('flex-api')).toEqual([]);
  });
});

describe('/lookup', () => {
  beforeEach(() => post(service, '/provision', USER, { bearer }));

  const record = {
    account_sid: expect.any(String),
    created_date: DATE,
    email: 'test@example.com',
    flex_user_sid: SID('FU'),
    full_name: 'Foo Bar',
    instance_sid: SID('GO'),
    roles: ['agent'],
    updated_date: DATE,
    username: 'user1',
  };

  it.each(['username', 'Username'])('finds the user by %s, and returns the user instead of the list', async (name) => {
    const answer = await get(service, '/lookup', { [name]: 'user1' }, { bearer });
    expect(answer).toMatchObject({ status: 200, body: record });
    expect(answer.body.users).toBeUndefined();
  });

  it('finds the user by SID, with POST', async () => {
    const { body } = await get(service, '/lookup', { username: 'user1' }, { bearer });
    const answer = await post(service, '/lookup', { flex_user_sid: body.flex_user_sid }, { bearer });
    expect(answer).toMatchObject({ status: 200, body: { ...record, deactivated: false } });
  });

  it('returns 404 for a username, and for a SID, that Twilio does not know', async () => {
    const expected = { status: 404, body: { status: 404, code: 'user_not_found' } };
    expect(await get(service, '/lookup', { username: 'nobody' }, { bearer })).toMatchObject(expected);
    expect(await get(service, '/lookup', { flex_user_sid: `FU${'0'.repeat(32)}` }, { bearer })).toMatchObject(expected);
  });

  it('ignores another user in Twilio’s list', async () => {
    const { body: user } = await get(service, '/lookup', { username: 'user1' }, { bearer });
    service.sandbox.fault({
      path: /Users\?/,
      status: 200,
      body: { meta: {}, users: [{ ...user, username: 'User1' }] },
    });
    expect(await get(service, '/lookup', { username: 'user1' }, { bearer })).toMatchObject({ status: 404 });
  });

  it('looks up a username with any characters exactly as given', async () => {
    await get(service, '/lookup', { username: 'a&b=c/../d?e#f %20+ü' }, { bearer });
    const path = service.sandbox.requests.at(-1)?.path ?? '';
    expect(new URL(path, 'https://flex-api.twilio.com').searchParams.get('Username')).toBe('a&b=c/../d?e#f %20+ü');
    expect(path).toMatch(/^\/v4\/Instances\/GO[0-9a-f]{32}\/Users\?Username=/);
  });

  it('refuses a request that identifies the user by two fields', async () => {
    const both = { username: 'user1', flex_user_sid: `FU${'0'.repeat(32)}` };
    const answer = await get(service, '/lookup', both, { bearer });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(answer.body.details.map(({ field }: { field: string }) => field)).toEqual(['username', 'flex_user_sid']);
  });
});

describe('POST /mint', () => {
  beforeEach(() => post(service, '/provision', USER, { bearer }));

  it('mints the documented token, and returns 201 with the fields of the documented sample', async () => {
    const answer = await post(service, '/mint', { username: 'user1', ttl: 3600 }, { bearer });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+$/),
      token_info: {
        account_sid: service.sandbox.accountSid,
        expiration: DATE,
        flex_instance_sid: service.sandbox.instanceSid,
        flex_user_sid: SID('FU'),
        identity: 'user1',
        permissions: expect.any(Array),
        roles: ['agent'],
        username: 'user1',
      },
    });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('mints a token with which its user can look themselves up', async () => {
    const { body } = await post(service, '/mint', { username: 'user1' }, { bearer });
    const answer = await get(service, '/lookup', {}, { bearer: body.access_token });
    expect(answer).toMatchObject({ status: 200, body: { username: 'user1' } });
  });

  it('accepts the token in the field Token, as Flex plugins send it', async () => {
    const Token = await service.sandbox.tokenFor('agent');
    expect(await post(service, '/lookup', { Token })).toMatchObject({ status: 200, body: { roles: ['agent'] } });
    expect(await postForm(service, '/lookup', { Token })).toMatchObject({ status: 200, body: { roles: ['agent'] } });
  });

  it('uses the header if the body has a Token as well', async () => {
    const Token = await service.sandbox.tokenFor('agent');
    const asAdmin = await service.sandbox.tokenFor('admin');
    expect(await post(service, '/lookup', { Token }, { bearer: asAdmin })).toMatchObject({
      body: { roles: ['admin'] },
    });
    expect(await post(service, '/lookup', { Token }, { bearer: 'nonsense' })).toMatchObject({ status: 401 });
  });

  it('accepts digits for ttl in a form, and only a number in JSON', async () => {
    await postForm(service, '/mint', { username: 'user1', ttl: '60' }, { bearer });
    expect(service.sandbox.requests.at(-1)).toMatchObject({ json: { ttl: 60 } });
    expect(await post(service, '/mint', { username: 'user1', ttl: '60' }, { bearer })).toMatchObject({ status: 400 });
  });

  it.each([0, -1, 1.5, 3601, 1e300, null, true, '', [], {}])('refuses a ttl of %j', async (ttl) => {
    const answer = await post(service, '/mint', { username: 'user1', ttl }, { bearer });
    expect(answer).toMatchObject({ status: 400, body: { details: [{ field: 'ttl' }] } });
  });

  it('refuses to mint a token for a deactivated user', async () => {
    const { body: user } = await get(service, '/lookup', { username: 'user1' }, { bearer });
    await post(service, '/deprovision', { username: 'user1' }, { bearer });
    for (const named of [{ username: 'user1' }, { flex_user_sid: user.flex_user_sid }]) {
      service.sandbox.requests.length = 0;
      const answer = await post(service, '/mint', named, { bearer });
      expect(answer).toMatchObject({ status: 409, body: { status: 409, code: 'user_deactivated' } });
      expect(service.sandbox.requests.filter(({ path }) => path.endsWith('/Tokens'))).toEqual([]);
    }
  });
});

describe('POST /deprovision', () => {
  beforeEach(() => post(service, '/provision', USER, { bearer }));

  it('deactivates the user, deletes the worker and returns 204 without a body', async () => {
    const answer = await post(service, '/deprovision', { username: 'user1' }, { bearer });
    expect(answer).toMatchObject({ status: 204, body: undefined });
    expect(service.sandbox.user('user1')).toMatchObject({ deactivated: true });
  });

  it.each([{}, { username: 'user1', flex_user_sid: `FU${'0'.repeat(32)}` }])(
    'requires exactly one user, not %j',
    async (fields) => {
      const answer = await post(service, '/deprovision', fields, { bearer });
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request', details: expect.any(Array) } });
    },
  );

  it('returns 404 for a user that Twilio does not know', async () => {
    const expected = { status: 404, body: { code: 'user_not_found' } };
    expect(await post(service, '/deprovision', { username: 'nobody' }, { bearer })).toMatchObject(expected);
    expect(await post(service, '/deprovision', { flex_user_sid: `FU${'0'.repeat(32)}` }, { bearer })).toMatchObject(
      expected,
    );
  });

  it('leaves a user who gets a token again after being provisioned again', async () => {
    await post(service, '/deprovision', { username: 'user1' }, { bearer });
    await post(service, '/provision', USER, { bearer });
    expect(await post(service, '/mint', { username: 'user1' }, { bearer })).toMatchObject({ status: 201 });
  });
});

describe('GET /config', () => {
  it('returns what login.html needs, and nothing else, without a credential', async () => {
    const answer = await get(service, '/config');
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      account_sid: service.sandbox.accountSid,
      allowed_origins: [],
      telemetry: false,
      log_level: 'error',
    });
    expect(service.sandbox.requests).toEqual([]);
  });
});

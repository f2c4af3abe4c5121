import { createHash } from 'node:crypto';
import { interceptTwilio } from '../../sandbox/interception';
import { type Sandbox, startSandbox } from '../../sandbox/server';
import { ACTIONS } from '../../src/contract/functions';
import { handler as deprovision } from '../../src/functions/deprovision';
import { handler as lookup } from '../../src/functions/lookup';
import { handler as mint } from '../../src/functions/mint';
import { handler as provision } from '../../src/functions/provision';
import { call } from '../support/call';
import { expectDocumented, usersApiChanges, usersApiRequests } from '../support/documented';

const FUNCTIONS = { provision, lookup, mint, deprovision };

let sandbox: Sandbox;
let other: Sandbox;
let restore: () => void;
const settings = () => ({ ...sandbox.environment(), FLEX_INSTANCE_SID: sandbox.instanceSid });

beforeAll(async () => {
  [sandbox, other] = await Promise.all([startSandbox(), startSandbox()]);
  restore = interceptTwilio(sandbox.origin);
});

afterAll(async () => {
  restore();
  await Promise.all([sandbox.close(), other.close()]);
});

beforeEach(() => sandbox.reset());

/** Valid fields for each Function, for an existing user. */
const fieldsAbout = (username: string) => ({
  provision: { username, email: username, full_name: 'Another User', roles: ['admin'], worker: {} },
  lookup: { username },
  mint: { username },
  deprovision: { username },
});

describe.each(ACTIONS)('%s refuses', (operation) => {
  const ask = (asking: Parameters<typeof call>[2], variables = {}) =>
    call(
      FUNCTIONS[operation],
      { ...settings(), ...variables },
      { fields: fieldsAbout('supervisor@example.com')[operation], ...asking },
    );

  it('a webchat guest with 403, even if the token has the role admin too, without calling the Flex Users API', async () => {
    const { flexUserSid, username } = sandbox.users.admin;
    const claims = {
      roles: ['admin', 'supervisor', 'agent', 'guest'],
      flex_user_sid: flexUserSid,
      realm_user_id: username,
    };
    for (const who of ['guest', 'admin'] as const) {
      const answer = await ask({ bearer: await sandbox.tokenFor(who, claims) });
      expectDocumented(answer);
      expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    }
    expect(usersApiRequests(sandbox.requests)).toEqual([]);
  });

  it.each([
    ['no roles', []],
    ['roles of add-ons alone', ['wfo.full_access']],
    ['roles that only look like those of Flex', ['Admin', 'admin ', 'аdmin', 'ADMIN', 'agent,admin', '']],
    ['the names of what every object has', ['constructor', '__proto__', 'toString', 'backendKey']],
    ['null for roles', null],
  ])('a token with %s, with 403, without calling the Flex Users API', async (_, roles) => {
    const answer = await ask({ bearer: await sandbox.tokenFor('admin', { roles }) });
    expectDocumented(answer);
    expect(answer.status).toBe(403);
    expect(usersApiRequests(sandbox.requests)).toEqual([]);
  });

  it('a token from another account, with 401, without calling flex-api', async () => {
    const answer = await ask({ bearer: await other.tokenFor('admin') });
    expectDocumented(answer);
    expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
    expect(sandbox.requestsTo('flex-api')).toEqual([]);
  });

  it('a token of another Flex instance with 401, without calling flex-api', async () => {
    const answer = await ask({ bearer: await sandbox.tokenFor('admin', { flex_instance_sid: other.instanceSid }) });
    expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
    expect(sandbox.requestsTo('flex-api')).toEqual([]);
  });

  it('an expired token with 401, even if Twilio still calls it valid, without calling flex-api', async () => {
    const expiration = new Date(Date.now() - 1).toISOString();
    for (const claims of [{ ttlSeconds: 0 }, { ttlSeconds: -3600 }, { expiration }]) {
      const answer = await ask({ bearer: await sandbox.tokenFor('admin', claims) });
      expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
    }
    expect(sandbox.requestsTo('flex-api')).toEqual([]);
  });

  it('a valid token without any other information, without calling the Flex Users API', async () => {
    const nothing = {
      expiration: null,
      identity: null,
      realm_user_id: null,
      roles: null,
      worker_sid: null,
      flex_instance_sid: null,
      flex_user_sid: null,
    };
    const bearer = await sandbox.tokenFor('admin', nothing);
    for (const fields of [fieldsAbout('supervisor@example.com')[operation], {}]) {
      const answer = await ask({ bearer, fields });
      expectDocumented(answer);
      expect([400, 401, 403]).toContain(answer.status);
    }
    expect(usersApiRequests(sandbox.requests)).toEqual([]);
  });

  it.each(['valid', 'true', 1, [], {}, null])(
    'a token that Twilio calls %j instead of true, without calling flex-api',
    async (valid) => {
      const answer = await ask({ bearer: await sandbox.tokenFor('admin', { valid }) });
      expectDocumented(answer);
      expect([401, 502]).toContain(answer.status);
      expect(sandbox.requestsTo('flex-api')).toEqual([]);
    },
  );

  it('a token whose fields are only in __proto__ of Twilio’s response, without calling flex-api', async () => {
    const claims = '{"valid":true,"roles":["admin"],"flex_user_sid":"FU00000000000000000000000000000000"}';
    for (const body of [`{"__proto__":${claims}}`, `{"valid":true,"__proto__":${claims}}`]) {
      sandbox.fault({ host: 'iam', body, contentType: 'application/json', times: 1 });
      const answer = await ask({ bearer: await sandbox.tokenFor('agent') });
      expectDocumented(answer);
      expect([401, 403, 502]).toContain(answer.status);
    }
    expect(sandbox.requestsTo('flex-api')).toEqual([]);
  });

  it('a backend key with every scope but this one, with 403, without calling Twilio', async () => {
    const key = 'fbk_other.secret-of-another';
    const hash = createHash('sha256').update(key).digest('hex');
    const BACKEND_KEYS = `other:${ACTIONS.filter((scope) => scope !== operation).join('+')}:${hash}`;
    const answer = await ask({ bearer: key }, { BACKEND_KEYS });
    expectDocumented(answer);
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(sandbox.requests).toEqual([]);
  });

  it.each<[string, (key: string) => string]>([
    ['its right name and a wrong secret', (key) => `${key.split('.')[0]}.wrong`],
    ['its right name and no secret', (key) => `${key.split('.')[0]}.`],
    ['its right name without the dot', (key) => key.replace('.', '')],
    ['its right secret and another name', (key) => key.replace('fbk_sandbox', 'fbk_other')],
    ['its right secret and no name', (key) => key.replace('sandbox', '')],
    ['a byte before it', (key) => key.replace('fbk_', 'fbk_x')],
    ['a byte behind it', (key) => `${key}x`],
    ['a null byte behind it', (key) => `${key}\0`],
    ['a blank behind it', (key) => `${key} `],
    ['a byte missing', (key) => key.slice(0, -1)],
    ['itself twice', (key) => key + key],
    ['a comma and itself again', (key) => `${key},${key}`],
    ['its name in capitals', (key) => key.replace('sandbox', 'SANDBOX')],
    ['its secret in the other case', (key) => key.replace(/\.(.*)/, (_, secret: string) => `.${swapCase(secret)}`)],
    ['its hash', (key) => `fbk_${createHash('sha256').update(key).digest('hex')}`],
    ['its name and its hash', (key) => `fbk_sandbox.${createHash('sha256').update(key).digest('hex')}`],
    ['its setting', () => `fbk_${sandbox.backendKeys}`],
    ['nothing but the prefix', () => 'fbk_'],
  ])('a backend key with %s, with 401, without calling Twilio', async (_, change) => {
    const answer = await ask({ bearer: change(sandbox.backendKey) });
    expectDocumented(answer);
    expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_key' } });
    expect(sandbox.requests).toEqual([]);
  });

  it('a backend key anywhere but after Bearer, without calling the Flex Users API', async () => {
    const key = sandbox.backendKey;
    const basic = `Basic ${Buffer.from(`${key}:`).toString('base64')}`;
    for (const asking of [
      { headers: { authorization: key } },
      { headers: { authorization: `Basic ${key}` } },
      { headers: { authorization: basic } },
      { headers: { authorization: [`Bearer ${key}`, `Bearer ${key}`] } },
      { headers: { authorization: { 0: `Bearer ${key}` } } },
      { headers: { 'x-authorization': `Bearer ${key}` } },
      { fields: { ...fieldsAbout('supervisor@example.com')[operation], Token: key } },
      { fields: { ...fieldsAbout('supervisor@example.com')[operation], authorization: `Bearer ${key}` } },
    ]) {
      const answer = await ask(asking);
      expectDocumented(answer);
      expect(answer.status).toBe(401);
    }
    expect(sandbox.requestsTo('flex-api')).toEqual([]);
  });

  it('a wrong header with a valid field Token, because the header counts, without calling flex-api', async () => {
    const fields = { ...fieldsAbout('supervisor@example.com')[operation], Token: await sandbox.tokenFor('admin') };
    for (const authorization of ['Bearer x', 'Bearer ', 'Bearer', 'Bearer fbk_sandbox.x', ['Bearer x', 'Bearer y']]) {
      expect(await ask({ headers: { authorization }, fields })).toMatchObject({ status: 401 });
    }
    expect(sandbox.requestsTo('flex-api')).toEqual([]);
  });
});

const swapCase = (text: string) =>
  [...text].map((letter) => (letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase())).join('');

describe('an agent', () => {
  const ANOTHER_USER: readonly [string, () => object][] = [
    ['the user name of another', () => ({ username: 'supervisor@example.com' })],
    ['the SID of another', () => ({ flex_user_sid: sandbox.users.supervisor.flexUserSid })],
    ['their own user name in capitals', () => ({ username: 'AGENT@EXAMPLE.COM' })],
    ['their own user name with one capital', () => ({ username: 'Agent@example.com' })],
    ['their own user name and a blank', () => ({ username: 'agent@example.com ' })],
    ['a blank and their own user name', () => ({ username: ' agent@example.com' })],
    ['their own user name with a Cyrillic letter', () => ({ username: 'аgent@example.com' })],
    ['their own user name with a full-width sign', () => ({ username: 'agent＠example.com' })],
    ['their own user name with a zero-width blank', () => ({ username: 'agent\u200b@example.com' })],
    ['their own user name with an accent put on', () => ({ username: 'agent\u0301@example.com' })],
    ['their own user name coded for a URL', () => ({ username: 'agent%40example.com' })],
    [
      'their own user name and another parameter',
      () => ({ username: 'agent@example.com&Username=supervisor@example.com' }),
    ],
    ['their identity', () => ({ username: 'agent_40example_2Ecom' })],
    [
      'their own SID in capitals',
      () => ({ flex_user_sid: `FU${sandbox.users.agent.flexUserSid.slice(2).toUpperCase()}` }),
    ],
    ['their own SID for a user name', () => ({ username: sandbox.users.agent.flexUserSid })],
  ];

  it.each(ANOTHER_USER)(
    'who looks up or mints for %s gets 403, without calling the Flex Users API',
    async (_, fields) => {
      const bearer = await sandbox.tokenFor('agent');
      for (const handler of [lookup, mint]) {
        const answer = await call(handler, settings(), { bearer, fields: fields() });
        expectDocumented(answer);
        expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
      }
      expect(usersApiRequests(sandbox.requests)).toEqual([]);
    },
  );

  it('who names themselves and another user in one request gets 400, without calling the Flex Users API', async () => {
    const bearer = await sandbox.tokenFor('agent');
    const fields = { username: 'agent@example.com', flex_user_sid: sandbox.users.supervisor.flexUserSid };
    for (const handler of [lookup, mint]) {
      expect(await call(handler, settings(), { bearer, fields })).toMatchObject({ status: 400 });
    }
    const names = { username: 'agent@example.com', Username: 'supervisor@example.com' };
    expect(await call(lookup, settings(), { bearer, fields: names })).toMatchObject({ status: 400 });
    expect(usersApiRequests(sandbox.requests)).toEqual([]);
  });

  it('cannot mint for another user by Twilio’s spelling Username', async () => {
    const fields = { Username: sandbox.users.supervisor.username };
    const answer = await call(mint, settings(), { bearer: await sandbox.tokenFor('agent'), fields });
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(usersApiRequests(sandbox.requests)).toEqual([]);
  });

  it.each([
    ['the name of another user in a field of another spelling', { FlexUserSid: `FU${'0'.repeat(32)}`, target: 'x' }],
    ['roles', { roles: ['admin'], caller: { roles: ['admin'] } }],
    ['a validated token', { TokenResult: { valid: true, roles: ['admin'] } }],
  ])('gains nothing by sending %s: the field is refused with 400', async (_, fields) => {
    const bearer = await sandbox.tokenFor('agent');
    for (const handler of [lookup, mint]) {
      const answer = await call(handler, settings(), { bearer, fields });
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    }
    expect(usersApiRequests(sandbox.requests)).toEqual([]);
  });
});

describe('a caller without a user who names none', () => {
  it.each(['lookup', 'mint'] as const)(
    'gets 403 from %s for a backend key, without calling Twilio',
    async (operation) => {
      const answer = await call(FUNCTIONS[operation], settings(), { bearer: sandbox.backendKey });
      expectDocumented(answer);
      expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
      expect(sandbox.requests).toEqual([]);
    },
  );

  it.each(['agent', 'supervisor', 'admin'] as const)(
    'gets 403 for the token of an %s that names no user, without calling the Flex Users API',
    async (role) => {
      const bearer = await sandbox.tokenFor(role, { flex_user_sid: null, realm_user_id: null });
      for (const handler of [lookup, mint]) {
        const answer = await call(handler, settings(), { bearer });
        expectDocumented(answer);
        expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
      }
      expect(usersApiRequests(sandbox.requests)).toEqual([]);
    },
  );
});

describe('an admin', () => {
  const TOKENS = [
    ['a whole token', {}],
    ['a token without flex_user_sid', { flex_user_sid: null }],
    ['a token without realm_user_id', { realm_user_id: null }],
    ['a token without either', { flex_user_sid: undefined, realm_user_id: undefined }],
  ] as const;
  const NAMES = [
    ['SID', () => ({ flex_user_sid: sandbox.users.admin.flexUserSid })],
    ['user name', () => ({ username: sandbox.users.admin.username })],
  ] as const;
  const rows = TOKENS.flatMap(([token, claims]) => NAMES.map(([name, fields]) => ({ token, claims, name, fields })));

  it.each(rows)(
    'who deprovisions their own user by $name, with $token, gets 403, and stays a user',
    async ({ claims, fields }) => {
      const bearer = await sandbox.tokenFor('admin', claims);
      const answer = await call(deprovision, settings(), { bearer, fields: fields() });
      expectDocumented(answer);
      expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
      expect(usersApiChanges(sandbox.requests)).toEqual([]);
      expect(sandbox.user('admin@example.com')).toMatchObject({ deactivated: false });
    },
  );

  it('whose token names no user cannot deprovision anyone', async () => {
    const bearer = await sandbox.tokenFor('admin', { flex_user_sid: null, realm_user_id: null });
    const answer = await call(deprovision, settings(), { bearer, fields: { username: 'agent@example.com' } });
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(usersApiChanges(sandbox.requests)).toEqual([]);
  });

  it('who writes their own username or SID in capitals cannot deprovision themselves', async () => {
    const { username, flexUserSid } = sandbox.users.admin;
    for (const fields of [
      { username: username.toUpperCase() },
      { flex_user_sid: `FU${flexUserSid.slice(2).toUpperCase()}` },
    ]) {
      const answer = await call(deprovision, settings(), { bearer: await sandbox.tokenFor('admin'), fields });
      expectDocumented(answer);
      expect([403, 404]).toContain(answer.status);
    }
    expect(usersApiChanges(sandbox.requests)).toEqual([]);
  });

  it('who writes their own SID in capitals gets 403 if Twilio accepts it, and returns it, as it was written', async () => {
    const { username, flexUserSid } = sandbox.users.admin;
    const flex_user_sid = `FU${flexUserSid.slice(2).toUpperCase()}`;
    for (const claims of [{}, { realm_user_id: null }]) {
      sandbox.fault({ host: 'flex-api', method: 'GET', body: { flex_user_sid, username }, times: 1 });
      const bearer = await sandbox.tokenFor('admin', claims);
      expect(await call(deprovision, settings(), { bearer, fields: { flex_user_sid } })).toMatchObject({ status: 403 });
    }
    expect(usersApiChanges(sandbox.requests)).toEqual([]);
  });

  it.each([
    ['admin@example.com', 'ADMIN@EXAMPLE.COM'],
    ['andr\u00e9', 'andre\u0301'],
  ])('whose token holds no SID, and the name %s, gets 403 if Twilio writes it as %s', async (own, username) => {
    const flex_user_sid = `FU${'a'.repeat(32)}`;
    sandbox.fault({ host: 'flex-api', method: 'GET', body: { flex_user_sid, username } });
    const bearer = await sandbox.tokenFor('admin', { flex_user_sid: null, realm_user_id: own });
    const answer = await call(deprovision, settings(), { bearer, fields: { flex_user_sid } });
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(usersApiChanges(sandbox.requests)).toEqual([]);
  });

  it('who names another user cannot deprovision themselves if Twilio returns the admin, in the list or the record', async () => {
    const { username, flexUserSid } = sandbox.users.admin;
    const own = { flex_user_sid: flexUserSid, username };
    const bearer = await sandbox.tokenFor('admin');
    sandbox.fault({ host: 'flex-api', method: 'GET', path: /\?Username=/, body: { users: [own] } });
    sandbox.fault({ host: 'flex-api', method: 'GET', body: own });
    const byName = await call(deprovision, settings(), { bearer, fields: { username: 'agent@example.com' } });
    const bySid = await call(deprovision, settings(), {
      bearer,
      fields: { flex_user_sid: sandbox.users.agent.flexUserSid },
    });
    expect([byName.status, bySid.status]).toEqual([404, 502]);
    expect(usersApiChanges(sandbox.requests)).toEqual([]);
  });

  it('cannot mint for anyone else, by any name, without calling the Flex Users API', async () => {
    const bearer = await sandbox.tokenFor('admin');
    const { username, flexUserSid } = sandbox.users.agent;
    for (const fields of [{ username }, { flex_user_sid: flexUserSid }]) {
      expect(await call(mint, settings(), { bearer, fields })).toMatchObject({ status: 403 });
    }
    expect(usersApiRequests(sandbox.requests)).toEqual([]);
  });
});

describe('a response to a page', () => {
  const LISTED = 'https://app.example.com';
  const read = async (headers: unknown) => {
    const fields = { request: { headers } };
    return (await call(lookup, { ...settings(), ALLOWED_ORIGINS: LISTED }, { fields })).headers;
  };

  it.each([
    ['another site', 'https://evil.example'],
    ['a listed one with more behind it', `${LISTED}.evil.example`],
    ['a listed one with a slash', `${LISTED}/`],
    ['a listed one with a port', `${LISTED}:443`],
    ['a listed one in capitals', LISTED.toUpperCase()],
    ['a listed one over http', 'http://app.example.com'],
    ['a subdomain of a listed one', 'https://x.app.example.com'],
    ['the domain above a listed one', 'https://example.com'],
    ['a listed one as a user name', `${LISTED}@evil.example`],
    ['Flex as a user name', 'https://flex.twilio.com@evil.example'],
    ['Flex with more behind it', 'https://flex.twilio.com.evil.example'],
    ['Flex over http', 'http://flex.twilio.com'],
    ['a blank behind a listed one', `${LISTED} `],
    ['two at once', `${LISTED}, https://evil.example`],
    ['two at once with a blank', `${LISTED} https://evil.example`],
    ['a header within', `${LISTED}\r\nAccess-Control-Allow-Origin: *`],
    ['no origin', 'null'],
    ['a wildcard', '*'],
    ['the service’s own machine', 'http://localhost:3000'],
    ['an empty one', ''],
    ['an array', [LISTED]],
    ['an array of two', [LISTED, 'https://evil.example']],
    ['an object', { toString: LISTED }],
    ['a number', 0],
    ['a truth', true],
  ])('names no origin if a forged request has %s', async (_, origin) => {
    expect(await read({ origin })).toMatchObject({ vary: 'Origin' });
    expect(await read({ origin })).not.toHaveProperty('access-control-allow-origin');
  });

  it('names no origin if the forged request hides it in the prototype, in another case or in another place', async () => {
    for (const headers of [
      JSON.parse(`{"__proto__":{"origin":"${LISTED}"}}`),
      { Origin: LISTED },
      [['origin', LISTED]],
      LISTED,
    ]) {
      expect(await read(headers)).not.toHaveProperty('access-control-allow-origin');
    }
  });
});

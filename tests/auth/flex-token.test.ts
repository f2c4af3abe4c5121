import { type Fault, type Sandbox, startSandbox } from '../../sandbox/server';
import { identifyCaller } from '../../src/auth/caller';
import { validateFlexToken } from '../../src/auth/flex-token';
import { handler as lookup } from '../../src/functions/lookup';
import { handler as mint } from '../../src/functions/mint';
import { readSettings } from '../../src/settings/settings';
import { UpstreamCall } from '../../src/upstream/call';
import { call, type FunctionResponse } from '../support/call';
import { freezeDate, onTestClock } from '../support/test-clock';
import { useSandbox } from '../support/twilio';
import { askDuring } from '../support/waiting';

const twilio = useSandbox();
afterEach(() => void jest.useRealTimers());

const asAgent = async (claims?: Parameters<Sandbox['tokenFor']>[1]): Promise<FunctionResponse> =>
  call(lookup, twilio.settings, { bearer: await twilio.sandbox.tokenFor('agent', claims) });

const validations = () => twilio.sandbox.requestsTo('iam').length;

function expectNothingAsked(): void {
  expect(twilio.sandbox.requestsTo('flex-api')).toEqual([]);
}

it('takes a token that Twilio calls valid', async () => {
  expect(await asAgent()).toMatchObject({ status: 200, body: { username: 'agent@example.com' } });
  expect(validations()).toBe(1);
});

it('validates with an API key if both of its settings are set', async () => {
  const { AUTH_TOKEN: _, ...rest } = twilio.settings;
  const withKey = { ...rest, API_KEY: twilio.sandbox.apiKeySid, API_SECRET: twilio.sandbox.apiKeySecret };
  expect(await call(lookup, withKey, { bearer: await twilio.sandbox.tokenFor('agent') })).toMatchObject({
    status: 200,
  });
  const basic = `Basic ${Buffer.from(`${twilio.sandbox.apiKeySid}:${twilio.sandbox.apiKeySecret}`).toString('base64')}`;
  expect(twilio.sandbox.requests.map(({ headers }) => headers.authorization)).toEqual([basic, basic]);
});

it('calls the hosts of the region and edge', async () => {
  const elsewhere = { ...twilio.settings, TWILIO_REGION: 'ie1', TWILIO_EDGE: 'dublin' };
  await call(lookup, elsewhere, { bearer: await twilio.sandbox.tokenFor('agent') });
  expect(twilio.sandbox.requests.map(({ host }) => host)).toEqual([
    'iam.ie1.twilio.com',
    'flex-api.dublin.ie1.twilio.com',
  ]);
});

describe('is not valid, so that the caller must sign in again', () => {
  const invalid = {
    status: 401,
    headers: { 'www-authenticate': 'Bearer' },
    body: { status: 401, code: 'invalid_token' },
  };

  it('a token is invalid if Twilio says so', async () => {
    expect(await asAgent({ valid: false })).toMatchObject(invalid);
    expect(validations()).toBe(1);
    expectNothingAsked();
  });

  it('a token is invalid if it has expired', async () => {
    expect(await asAgent({ ttlSeconds: -1 })).toMatchObject(invalid);
    expectNothingAsked();
  });

  it('a token is invalid if its expiration has passed, even if Twilio says that it is valid', async () => {
    expect(await asAgent({ expiration: new Date(Date.now() - 1000).toISOString() })).toMatchObject(invalid);
    expectNothingAsked();
  });

  it('a token is invalid if it expires in this millisecond, even if Twilio says that it is valid', async () => {
    const now = Date.now();
    jest.spyOn(Date, 'now').mockReturnValue(now);
    try {
      const answer = await asAgent({ expiration: new Date(now).toISOString() });
      expect(answer).toMatchObject({ ...invalid, log: [{ reason: 'expired' }] });
      expect(await asAgent({ expiration: new Date(now + 1).toISOString() })).toMatchObject({ status: 200 });
    } finally {
      jest.restoreAllMocks();
    }
  });

  it('a token is invalid if it is of another Flex instance', async () => {
    expect(await asAgent({ flex_instance_sid: `GO${'0'.repeat(32)}` })).toMatchObject(invalid);
    expectNothingAsked();
  });

  it('a token is invalid if it is of another account', async () => {
    const another = await startSandbox();
    const bearer = await another.tokenFor('admin');
    await another.close();
    expect(await call(lookup, twilio.settings, { bearer })).toMatchObject(invalid);
    expectNothingAsked();
  });

  it('a token is invalid if Twilio cannot read it', async () => {
    twilio.sandbox.fault({ host: 'iam', status: 400 });
    expect(await asAgent()).toMatchObject(invalid);
  });

  const formless = {
    'other scripts': 'ünïcode',
    'a blank': 'a b',
    'a quotation mark': 'a"b',
    'a line break': 'a\nb',
    'nothing at all': '',
    'nothing but a blank': ' ',
    'characters of several bytes': '€'.repeat(100),
    'more than 16 KiB': 'x'.repeat(16_385),
  };

  it.each(Object.entries(formless))(
    'if it does not have the form of a token (%s), without calling Twilio',
    async (_, bearer) => {
      expect(await call(lookup, twilio.settings, { bearer })).toMatchObject(invalid);
      expect(await call(lookup, twilio.settings, { fields: { Token: bearer } })).toMatchObject(invalid);
      expect(twilio.sandbox.requests).toEqual([]);
    },
  );
});

describe('could not be verified, so that no user has to sign in again, without calling the Users API', () => {
  const upstream = (status: number) => ({ status: 502, body: { code: 'upstream_error', upstream: { status } } });

  const says = (words: string, { status, body }: ReturnType<typeof upstream>) => ({
    status,
    body: { ...body, message: expect.stringContaining(words) },
  });

  const troubles: [string, Omit<Fault, 'host'>, object][] = [
    ['our own credentials are refused (401)', { status: 401 }, says('AUTH_TOKEN', upstream(401))],
    ['our own credentials are refused (403)', { status: 403 }, says('AUTH_TOKEN', upstream(403))],
    ['Twilio does not know the account (404)', { status: 404 }, says('unexpected', upstream(404))],
    ['Twilio has trouble (500)', { status: 500 }, says('temporarily unavailable', upstream(500))],
    ['Twilio rate limits the service', { status: 429, retryAfter: 60 }, says('temporarily unavailable', upstream(429))],
    [
      'Twilio fails, and its response says that the token is valid',
      { status: 500, body: { valid: true } },
      upstream(500),
    ],
    ['Twilio fails, and its response says that it is not', { status: 500, body: { valid: false } }, upstream(500)],
    ['the response is a page', { status: 200, body: '<html>', contentType: 'text/html' }, upstream(200)],
    [
      'the response is a page with status 400',
      { status: 400, body: '<html>', contentType: 'text/html' },
      upstream(400),
    ],
    ['the response is a redirect', { status: 302, headers: { Location: 'https://iam.twilio.com/' } }, upstream(302)],
    ['the response is broken JSON', { brokenJson: true }, upstream(200)],
    ['the response is null', { status: 200, body: 'null', contentType: 'application/json' }, upstream(200)],
    ['the response does not say whether it is valid', { status: 200, body: { roles: ['admin'] } }, upstream(200)],
    ['valid is a string', { status: 200, body: { valid: 'true', roles: ['admin'] } }, upstream(200)],
    ['valid is 1', { status: 200, body: { valid: 1, roles: ['admin'] } }, upstream(200)],
    ['roles are a string', { status: 200, body: { valid: true, roles: 'admin' } }, upstream(200)],
    [
      'the SID is none',
      { status: 200, body: { valid: true, roles: ['admin'], flex_user_sid: '../Users' } },
      upstream(200),
    ],
    ...['soon', 'valid until 2099', '2999', '2999-13-01T00:00:00Z', 'Fri, 01 Jan 2999 00:00:00 GMT'].map(
      (expiration): [string, Omit<Fault, 'host'>, object] => [
        `the expiration is ${expiration}`,
        { status: 200, body: { valid: true, roles: ['admin'], expiration } },
        upstream(200),
      ],
    ),
    [
      'the response is larger than any of Twilio’s',
      { status: 200, body: { valid: true, roles: ['admin'], identity: '€'.repeat(2 ** 19) } },
      { status: 502, body: { code: 'upstream_error' }, log: [{ reason: 'response too large' }] },
    ],
  ];

  it.each(troubles)('a call fails as an upstream error, not as an invalid token, if %s', async (_, fault, expected) => {
    const answer = await askDuring(twilio, { host: 'iam', ...fault }, asAgent);
    expect(answer).toMatchObject(expected);
    expect(answer.ms).toBeLessThan(9000);
    expectNothingAsked();
  });
});

it('takes as long to find the Flex instance out as there is, and says so', async () => {
  twilio.sandbox.fault({ path: /Configuration/, hang: 'before-headers' });
  const elsewhere = readSettings({ ...twilio.sandbox.environment(), ACCOUNT_SID: `AC${'6'.repeat(32)}` });
  twilio.sandbox.fault({
    host: 'iam',
    status: 200,
    body: { valid: true, flex_instance_sid: twilio.sandbox.instanceSid },
  });
  const validating = onTestClock(
    () => validateFlexToken('a.token', elsewhere, new UpstreamCall(performance.now() + 500)),
    () => twilio.sandbox.requestsTo('flex-api').length > 0,
  );
  await expect(validating).rejects.toMatchObject({ code: 'upstream_timeout' });
  expect(twilio.sandbox.requestsTo('flex-api')).toHaveLength(1);
});

it('knows a guest as a guest, whatever else the token holds', async () => {
  const identify = async (roles: string[]) => {
    const token = await twilio.sandbox.tokenFor('admin', { roles });
    const asking = new UpstreamCall(performance.now() + 60_000);
    return identifyCaller({ kind: 'token', token }, readSettings(twilio.settings), asking);
  };
  expect(await identify(['admin', 'Guest', 'agent'])).toMatchObject({ roles: ['guest'] });
  expect(await identify(['admin', 'wfo.full_access', 'agent'])).toMatchObject({ roles: ['admin', 'agent'] });
});

describe('is valid and says little', () => {
  const withNulls = {
    expiration: null,
    identity: null,
    realm_user_id: null,
    worker_sid: null,
    flex_instance_sid: null,
  };

  it('is forbidden everything without roles', async () => {
    for (const roles of [null, undefined, []]) {
      expect(await asAgent({ roles })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    }
    expectNothingAsked();
  });

  it('has no roles and no user if the response has none', async () => {
    twilio.sandbox.fault({ host: 'iam', status: 200, body: { valid: true } });
    const asking = new UpstreamCall(performance.now() + 60_000);
    expect(await validateFlexToken('a.token', readSettings(twilio.settings), asking)).toEqual({ roles: [] });
  });

  it('looks its own user up by SID alone', async () => {
    expect(await asAgent(withNulls)).toMatchObject({ status: 200, body: { username: 'agent@example.com' } });
    expect(await asAgent({ realm_user_id: '' })).toMatchObject({ status: 200 });
  });

  it('looks its own user up by user name alone', async () => {
    expect(await asAgent({ flex_user_sid: null })).toMatchObject({
      status: 200,
      body: { username: 'agent@example.com' },
    });
  });

  it('has no own user if it names none', async () => {
    expect(await asAgent({ flex_user_sid: null, realm_user_id: null })).toMatchObject({ status: 403 });
    expectNothingAsked();
  });

  it('says nothing by an empty string', async () => {
    const empty = { flex_user_sid: '', flex_instance_sid: '', realm_user_id: '', expiration: '' };
    const guest = await call(lookup, twilio.settings, { bearer: await twilio.sandbox.tokenFor('guest', empty) });
    expect(guest).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(await asAgent({ ...empty, realm_user_id: 'agent@example.com' })).toMatchObject({ status: 200 });
  });

  it('may name its time without a zone, which is UTC', async () => {
    freezeDate();
    const expiration = new Date(Date.now() + 500_000).toISOString().slice(0, 19);
    await call(mint, twilio.settings, { bearer: await twilio.sandbox.tokenFor('agent', { expiration }) });
    expect(twilio.sandbox.requests.at(-1)?.json).toEqual({ ttl: 500 });
  });

  const ends = { null: null, 'an empty string': '', missing: undefined, past: new Date(Date.now() - 1).toISOString() };

  it.each(Object.entries(ends))('mints nothing if the expiration is %s', async (_, expiration) => {
    const bearer = await twilio.sandbox.tokenFor('agent', { expiration });
    // Before the fields are checked, and before the policy is.
    for (const fields of [{}, { ttl: 'x' }, { username: 'another.user' }]) {
      expect(await call(mint, twilio.settings, { bearer, fields })).toMatchObject({
        status: 401,
        body: { code: 'invalid_token' },
      });
    }
    expectNothingAsked();
  });
});

it('logs who called and the request ids, and neither the token nor a name', async () => {
  const bearer = await twilio.sandbox.tokenFor('agent');
  const { log } = await call(lookup, twilio.settings, { bearer });
  const sid = twilio.sandbox.users.agent.flexUserSid;
  expect(log).toEqual([
    {
      operation: 'lookup',
      outcome: 'ok',
      status: 200,
      ms: expect.any(Number),
      caller: { kind: 'flex-user', flex_user_sid: sid },
      flex_user_sid: sid,
      request_ids: twilio.sandbox.requests.map(({ requestId }) => requestId),
    },
  ]);
});

import { handler as deprovision } from '../../src/functions/deprovision';
import { handler as mint } from '../../src/functions/mint';
import { call } from '../support/call';
import { freezeDate } from '../support/test-clock';
import { useSandbox } from '../support/twilio';

const twilio = useSandbox();

// So that a token has as much left when it is used as when it was made, however slow the machine is.
beforeEach(() => freezeDate());
afterEach(() => void jest.useRealTimers());

const AGENT = 'agent@example.com';

const mintOwn = async (claims: { ttlSeconds?: number; expiration?: string }, fields: object = {}) =>
  call(mint, twilio.settings, { bearer: await twilio.sandbox.tokenFor('agent', claims), fields });

const deprovisionAgent = () =>
  call(deprovision, twilio.settings, { bearer: twilio.sandbox.backendKey, fields: { username: AGENT } });

const asked = () => twilio.sandbox.requests.filter(({ path }) => path.endsWith('/Tokens'));
const ttlAsked = () => (asked().at(-1)?.json as { ttl: number } | undefined)?.ttl;

it('requests the given lifetime if the caller’s token lasts longer', async () => {
  await mintOwn({ ttlSeconds: 7200 }, { ttl: 600 });
  expect(ttlAsked()).toBe(600);
});

it('cuts the lifetime to what the caller’s token still has, without an error', async () => {
  const answer = await mintOwn({ ttlSeconds: 100 }, { ttl: 3600 });
  expect(answer.status).toBe(201);
  expect(ttlAsked()).toBe(100);
});

it('passes on the roles that Twilio gives to the new token of a Flex user, whatever those of the old one', async () => {
  const { flexUserSid } = twilio.sandbox.users.agent;
  const token_info = { flex_user_sid: flexUserSid, roles: ['agent', 'supervisor'] };
  twilio.sandbox.fault({ path: /Tokens$/, status: 201, body: { access_token: 'a.token', token_info } });
  expect(await mintOwn({})).toMatchObject({ status: 201, body: { token_info } });
});

it('never mints a token that outlives the caller’s', async () => {
  const expiration = new Date(Date.now() + 90_000).toISOString();
  const { body } = await mintOwn({ expiration });
  expect(Date.parse(body.token_info.expiration)).toBeLessThanOrEqual(Date.parse(expiration));
});

describe('when the request is retried, two seconds later,', () => {
  beforeEach(() => {
    twilio.sandbox.fault({ path: /Tokens$/, status: 503, times: 1 });
    const now = Date.now;
    jest.spyOn(Date, 'now').mockImplementation(() => now() + (asked().length > 0 ? 2000 : 0));
  });
  afterEach(() => jest.restoreAllMocks());

  it('computes the remaining seconds again', async () => {
    await mintOwn({ ttlSeconds: 100 });
    const [first, second] = asked().map(({ json }) => (json as { ttl: number }).ttl);
    expect((first ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(2);
  });

  it('mints nothing if the caller’s token has expired meanwhile', async () => {
    const answer = await mintOwn({ expiration: new Date(Date.now() + 1500).toISOString() });
    expect(answer).toMatchObject({
      status: 401,
      body: { code: 'invalid_token', message: expect.stringMatching(/^This Flex token/) },
    });
    expect(asked()).toHaveLength(1);
  });
});

describe('when Twilio refuses to mint', () => {
  const asBackend = () =>
    call(mint, twilio.settings, { bearer: twilio.sandbox.backendKey, fields: { username: AGENT } });
  const deactivated = { status: 409, body: { code: 'user_deactivated' } };

  it('says that the user is deactivated, also to the user while their token is valid', async () => {
    const { flexUserSid } = twilio.sandbox.users.agent;
    const expiration = new Date(Date.now() + 60_000).toISOString();
    const body = { valid: true, roles: ['agent'], flex_user_sid: flexUserSid, expiration };
    await deprovisionAgent();
    twilio.sandbox.fault({ host: 'iam', status: 200, body });
    expect(await call(mint, twilio.settings, { bearer: 'a.token' })).toMatchObject(deactivated);
  });

  it('says so to a backend too, if it happened after the lookup', async () => {
    const { flexUserSid } = twilio.sandbox.users.agent;
    const users = [{ username: AGENT, flex_user_sid: flexUserSid, deactivated: false }];
    await deprovisionAgent();
    twilio.sandbox.fault({ path: /Users\?/, status: 200, body: { users }, times: 1 });
    expect(await asBackend()).toMatchObject(deactivated);
    expect(asked()).toHaveLength(1);
  });

  it('says that the credentials are insufficient, if the user is not deactivated', async () => {
    twilio.sandbox.fault({ path: /Tokens$/, status: 403 });
    expect(await asBackend()).toMatchObject({
      status: 502,
      body: { code: 'upstream_error', message: expect.stringContaining('AUTH_TOKEN'), upstream: { status: 403 } },
    });
  });

  it('says that the user does not exist, if that is the reason', async () => {
    twilio.sandbox.fault({ path: /Tokens$/, status: 403 });
    twilio.sandbox.fault({ method: 'GET', path: /FU/, status: 404 });
    expect(await mintOwn({})).toMatchObject({ status: 404, body: { code: 'user_not_found' } });
  });

  it.each([429, 500, 401])('says so too if the lookup of the user ends in %d', async (status) => {
    const { flexUserSid } = twilio.sandbox.users.agent;
    twilio.sandbox.fault({ path: /Tokens$/, status: 403 });
    twilio.sandbox.fault({ method: 'GET', path: /FU/, status, retryAfter: 60 });
    expect(await mintOwn({}, { flex_user_sid: flexUserSid })).toMatchObject({
      status: 502,
      body: { message: expect.stringContaining('AUTH_TOKEN'), upstream: { status: 403 } },
    });
  });

  it('makes no further request after any other refusal', async () => {
    for (const status of [401, 404, 500]) {
      twilio.sandbox.requests.length = 0;
      twilio.sandbox.fault({ path: /Tokens$/, status, times: 1 });
      await mintOwn({});
      expect(twilio.sandbox.requestsTo('flex-api')).toHaveLength(1);
    }
  });
});

it.each([[[]], [[1]], ['x'], [null], [undefined]])('hands out no token whose token_info is %j', async (token_info) => {
  twilio.sandbox.fault({ path: /Tokens$/, status: 201, body: { access_token: 'a.token', token_info } });
  const fields = { username: 'agent@example.com' };
  const response = await call(mint, twilio.settings, { bearer: twilio.sandbox.backendKey, fields });
  expect(response).toMatchObject({ status: 502, body: { code: 'upstream_error' } });
  expect(JSON.stringify(response)).not.toContain('a.token');
});

it('gives a token of less than a second nothing', async () => {
  const answer = await mintOwn({ expiration: new Date(Date.now() + 900).toISOString() });
  expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
  expect(asked()).toEqual([]);
});

it.each([
  [undefined, 3600],
  ['600', 600],
  ['86400', 3600],
])('requests the default lifetime if none is given: with MAX_TOKEN_TTL %s, %d s', async (maximum, seconds) => {
  const settings = { ...twilio.settings, MAX_TOKEN_TTL: maximum };
  await call(mint, settings, { bearer: twilio.sandbox.backendKey, fields: { username: 'agent@example.com' } });
  expect(ttlAsked()).toBe(seconds);
});

it('allows as much as MAX_TOKEN_TTL says, and refuses more', async () => {
  const settings = { ...twilio.settings, MAX_TOKEN_TTL: '86400' };
  const ask = (ttl: number) =>
    call(mint, settings, { bearer: twilio.sandbox.backendKey, fields: { username: 'agent@example.com', ttl } });
  expect(await ask(86_400)).toMatchObject({ status: 201 });
  expect(await ask(86_401)).toMatchObject({ status: 400, body: { details: [{ field: 'ttl' }] } });
});

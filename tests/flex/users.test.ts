import type { Fault } from '../../sandbox/server';
import { handler as deprovision } from '../../src/functions/deprovision';
import { handler as lookup } from '../../src/functions/lookup';
import { handler as mint } from '../../src/functions/mint';
import { handler as provision } from '../../src/functions/provision';
import { call, type FunctionResponse } from '../support/call';
import { useSandbox } from '../support/twilio';
import { askDuring } from '../support/waiting';

const twilio = useSandbox();

const asBackend = (
  handler: typeof lookup,
  fields: object = { username: 'agent@example.com' },
): Promise<FunctionResponse> => call(handler, twilio.settings, { bearer: twilio.sandbox.backendKey, fields });

const NEW_USER = { username: 'new', email: 'new@example.com', full_name: 'New', roles: ['agent'] };
const paths = () =>
  twilio.sandbox.requestsTo('flex-api').map(({ method, path }) => `${method} ${path.split('/Users')[1] ?? path}`);

/** Of an account whose instance this process has not found out yet. */
const withUnknownInstance = (digit: string, bearer: string, fields: object) => {
  const settings = { ...twilio.sandbox.environment(), ACCOUNT_SID: `AC${digit.repeat(32)}` };
  return call(lookup, settings, { bearer, fields });
};

describe('trouble with Twilio', () => {
  const upstream = (status: number) => ({ status: 502, body: { code: 'upstream_error', upstream: { status } } });

  const says = (words: string, { status, body }: ReturnType<typeof upstream>) => ({
    status,
    body: { ...body, message: expect.stringContaining(words) },
  });

  const troubles: [string, Fault, object][] = [
    ['refused credentials (401)', { status: 401 }, says('AUTH_TOKEN', upstream(401))],
    ['refused credentials (403)', { status: 403 }, says('AUTH_TOKEN', upstream(403))],
    ['a failure (500)', { status: 500 }, says('temporarily unavailable', upstream(500))],
    ['several choices (300)', { status: 300 }, says('unexpected', upstream(300))],
    ['something unexpected for a GET (410)', { status: 410 }, says('unexpected', upstream(410))],
    ['a page instead of JSON', { status: 200, body: '<html>', contentType: 'text/html' }, upstream(200)],
    ['broken JSON', { brokenJson: true }, upstream(200)],
    ['JSON without users', { status: 200, body: {} }, upstream(200)],
    [
      'users without a name',
      { status: 200, body: { users: [{ flex_user_sid: `FU${'0'.repeat(32)}` }] } },
      upstream(200),
    ],
    ['users that are none', { status: 200, body: { users: [null] } }, upstream(200)],
    [
      'a user with a SID that is none',
      { status: 200, body: { users: [{ username: 'agent@example.com', flex_user_sid: '../x' }] } },
      upstream(200),
    ],
    ['a redirect', { status: 307, headers: { Location: 'https://flex-api.twilio.com/v4/elsewhere' } }, upstream(307)],
    ['an unknown instance (404)', { status: 404 }, says('FLEX_INSTANCE_SID', upstream(404))],
  ];

  it.each(troubles)('responds to a lookup with %s within 9 s, in the documented shape', async (_, fault, expected) => {
    const answer = await askDuring(twilio, { host: 'flex-api', ...fault }, () => asBackend(lookup));
    expect(answer).toMatchObject(expected);
    expect(Object.keys(answer.body).sort().join()).toMatch(/^code,message,status(,upstream)?$/);
    expect(answer.ms).toBeLessThan(9000);
  });

  it('takes no other refusal for a user who is not there', async () => {
    const { flexUserSid } = twilio.sandbox.users.agent;
    for (const status of [401, 500]) {
      twilio.sandbox.fault({ host: 'flex-api', status, times: 1 });
      expect(await asBackend(lookup, { flex_user_sid: flexUserSid })).toMatchObject(upstream(status));
    }
  });

  it.each([400, 409, 422])('says where to look up why Twilio did not accept the values (%d)', async (status) => {
    const refusals = [
      [{ code: 45004, message: 'no' }, ': see https://www.twilio.com/docs/api/errors/45004. Correct them, then retry.'],
      [{ code: 'x' }, 'these values. Correct them, then retry.'],
    ] as const;
    for (const [body, end] of refusals) {
      twilio.sandbox.fault({ path: /Provision/, status, body, times: 1 });
      const answer = await asBackend(provision, NEW_USER);
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request', upstream: { status } } });
      expect(answer.body.message.endsWith(end)).toBe(true);
    }
  });

  it('sends JSON if it sends a body, and accepts JSON', async () => {
    await asBackend(lookup);
    await asBackend(provision, NEW_USER);
    const [got, posted] = twilio.sandbox.requests.map(({ method, headers }) => ({ method, headers }));
    expect(got).toMatchObject({ method: 'GET', headers: { accept: 'application/json' } });
    expect(got?.headers).not.toHaveProperty('content-type');
    const headers = { accept: 'application/json', 'content-type': 'application/json' };
    expect(posted).toMatchObject({ method: 'POST', headers });
  });

  it('follows no redirect with its credentials', async () => {
    twilio.sandbox.fault({ status: 307, headers: { Location: 'https://flex-api.twilio.com/v4/elsewhere' } });
    await asBackend(lookup);
    expect(twilio.sandbox.requests).toHaveLength(1);
  });

  it('passes Retry-After on if the wait would exceed the time that is left', async () => {
    twilio.sandbox.fault({ status: 429, retryAfter: 60 });
    const answer = await asBackend(lookup);
    expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': '60' } });
    expect(twilio.sandbox.requests).toHaveLength(1);
  });

  it('provisions again after a broken connection, since that is idempotent', async () => {
    twilio.sandbox.fault({ path: /Provision/, reset: 'mid-body', times: 1 });
    expect(await asBackend(provision, NEW_USER)).toMatchObject({ status: 200, body: { username: 'new' } });
  });

  it('rejects a response to Provision without a user', async () => {
    twilio.sandbox.fault({ path: /Provision/, status: 201, body: {} });
    expect(await asBackend(provision, NEW_USER)).toMatchObject(upstream(201));
  });

  it.each([201, 202])('passes %d of Provision on', async (status) => {
    twilio.sandbox.fault({ path: /Provision/, status });
    expect(await asBackend(provision, NEW_USER)).toMatchObject({ status, body: { username: 'new' } });
  });

  it('does not hand out a token that Twilio minted for another user', async () => {
    const body = { access_token: 'a.b.c.d.e', token_info: { flex_user_sid: `FU${'0'.repeat(32)}` } };
    twilio.sandbox.fault({ path: /Tokens/, status: 201, body });
    const answer = await asBackend(mint);
    expect(answer).toMatchObject(upstream(201));
    expect(JSON.stringify(answer)).not.toContain('a.b.c.d.e');
  });

  it.each([
    { access_token: '', token_info: {} },
    { access_token: null, token_info: {} },
    { token_info: {} },
    { access_token: 'x' },
    { access_token: 'x', token_info: { flex_user_sid: 7 } },
  ])('does not take %j for a minted token', async (body) => {
    twilio.sandbox.fault({ path: /Tokens/, status: 201, body });
    const log = [{ reason: 'Tokens: not of the documented shape' }];
    expect(await asBackend(mint)).toMatchObject({ ...upstream(201), log });
  });

  it('rejects the record of another user', async () => {
    const { flexUserSid } = twilio.sandbox.users.agent;
    twilio.sandbox.fault({ path: /FU/, status: 200, body: { flex_user_sid: `FU${'1'.repeat(32)}`, username: 'x' } });
    expect(await asBackend(lookup, { flex_user_sid: flexUserSid })).toMatchObject(upstream(200));
  });

  it.each([
    [200, '<html>maintenance</html>'],
    [200, '[]'],
    [201, {}],
    [206, {}],
  ])('does not report success if Twilio responds to Deprovision with %d and %j', async (status, body) => {
    twilio.sandbox.fault({ path: /Deprovision/, status, body });
    expect(await asBackend(deprovision)).toMatchObject(upstream(status));
  });

  it('includes Twilio’s refusal for an unknown user, but not for an empty list', async () => {
    const unknown = { flex_user_sid: `FU${'0'.repeat(32)}` };
    for (const handler of [lookup, mint, deprovision]) {
      const { status, body } = await asBackend(handler, unknown);
      const { requestId } = twilio.sandbox.requests.at(-1) ?? {};
      expect({ status, body }).toMatchObject({
        status: 404,
        body: { code: 'user_not_found', upstream: { status: 404, code: 20404, request_id: requestId } },
      });
    }
    const { status, body } = await asBackend(lookup, { username: 'nobody' });
    expect({ status, body }).toEqual({
      status: 404,
      body: { status: 404, code: 'user_not_found', message: expect.any(String) },
    });
  });

  const shapes: [string, RegExp, () => Promise<FunctionResponse>][] = [
    ['Users', /Users\?/, () => asBackend(lookup)],
    ['Users/{FU}', /FU/, () => asBackend(lookup, { flex_user_sid: twilio.sandbox.users.agent.flexUserSid })],
    ['Provision', /Provision/, () => asBackend(provision, NEW_USER)],
    ['Tokens', /Tokens/, () => asBackend(mint)],
    ['Configuration', /Configuration/, () => withUnknownInstance('8', twilio.sandbox.backendKey, { username: 'a' })],
  ];

  it.each(shapes)('logs which response is not as documented: %s', async (what, path, ask) => {
    twilio.sandbox.fault({ path, status: 200, body: {} });
    expect(await ask()).toMatchObject({ status: 502, log: [{ reason: `${what}: not of the documented shape` }] });
  });

  it('takes one user of a list as it is, whatever stands beside', async () => {
    const { username, flexUserSid } = twilio.sandbox.users.agent;
    const users = [
      { username: 'another', flex_user_sid: null },
      { username, flex_user_sid: flexUserSid },
    ];
    twilio.sandbox.fault({ path: /Users\?/, status: 200, body: { users } });
    expect(await asBackend(lookup)).toMatchObject({ status: 200, body: { flex_user_sid: flexUserSid } });
  });

  it('rejects a response that is larger than any of Twilio’s', async () => {
    twilio.sandbox.fault({ host: 'flex-api', status: 200, body: { users: ['x'.repeat(2 ** 20)] } });
    const answer = await asBackend(lookup);
    expect(answer).toMatchObject({ status: 502, body: { code: 'upstream_error' } });
    expect(answer.log).toMatchObject([{ reason: 'response too large' }]);
    expect(twilio.sandbox.requests).toHaveLength(1);
  });

  it.each(['soon', '-1', '', 'Infinity', '1'.repeat(5000)])(
    'passes no Retry-After on that says nothing: %s',
    async (retryAfter) => {
      twilio.sandbox.fault({ host: 'flex-api', status: 500, retryAfter });
      const { status, headers } = await asBackend(lookup);
      expect(status).toBe(502);
      expect(headers['retry-after']).toBeUndefined();
    },
  );

  it('does not choose between two users of one name', async () => {
    const twice = ['0', '1'].map((digit) => ({ username: 'twin', flex_user_sid: `FU${digit.repeat(32)}` }));
    twilio.sandbox.fault({ path: /Users\?/, status: 200, body: { users: twice } });
    expect(await asBackend(lookup, { username: 'twin' })).toMatchObject(upstream(200));
  });
});

describe('makes no more requests to Twilio than necessary', () => {
  const sid = () => twilio.sandbox.users.agent.flexUserSid;
  const own = async (handler: typeof lookup, fields: object = {}) =>
    call(handler, twilio.settings, { bearer: await twilio.sandbox.tokenFor('agent'), fields });

  it('mint for oneself: the validation and the token, however oneself is named', async () => {
    for (const fields of [{}, { username: 'agent@example.com' }, { flex_user_sid: sid() }]) {
      twilio.sandbox.requests.length = 0;
      expect(await own(mint, fields)).toMatchObject({ status: 201 });
      expect(paths()).toEqual([`POST /${sid()}/Tokens`]);
      expect(twilio.sandbox.requestsTo('iam')).toHaveLength(1);
    }
  });

  it('mint by username: the list and the token, and the record only if the list omits `deactivated` out', async () => {
    expect(await asBackend(mint)).toMatchObject({ status: 201 });
    expect(paths()).toEqual(['GET ?Username=agent%40example.com', `GET /${sid()}`, `POST /${sid()}/Tokens`]);

    twilio.sandbox.reset();
    const listed = { username: 'agent@example.com', flex_user_sid: sid(), deactivated: false };
    twilio.sandbox.fault({ path: /Users\?/, status: 200, body: { users: [listed] } });
    expect(await asBackend(mint)).toMatchObject({ status: 201 });
    expect(paths()).toEqual(['GET ?Username=agent%40example.com', `POST /${sid()}/Tokens`]);
  });

  it('mint by SID: the record and the token', async () => {
    expect(await asBackend(mint, { flex_user_sid: sid() })).toMatchObject({ status: 201 });
    expect(paths()).toEqual([`GET /${sid()}`, `POST /${sid()}/Tokens`]);
  });

  it('mint by SID, whose record says nothing of `deactivated`: the record once, and the token', async () => {
    const record = { username: 'agent@example.com', flex_user_sid: sid(), deactivated: null };
    twilio.sandbox.fault({ method: 'GET', path: /FU/, status: 200, body: record });
    expect(await asBackend(mint, { flex_user_sid: sid() })).toMatchObject({ status: 201 });
    expect(paths()).toEqual([`GET /${sid()}`, `POST /${sid()}/Tokens`]);
  });

  it('lookup: the user, and the validation if a Flex token is presented', async () => {
    await asBackend(lookup);
    expect(twilio.sandbox.requests).toHaveLength(1);
    await own(lookup);
    expect(twilio.sandbox.requests).toHaveLength(3);
  });

  it('deprovision by SID with a backend key: that alone', async () => {
    expect(await asBackend(deprovision, { flex_user_sid: sid() })).toMatchObject({ status: 204 });
    expect(paths()).toEqual(['POST /Deprovision']);
  });

  it('the Flex instance: once per process, and never if it is set', async () => {
    const { FLEX_INSTANCE_SID: _, ...unset } = twilio.settings;
    const ask = () =>
      call(lookup, unset, { bearer: twilio.sandbox.backendKey, fields: { username: 'agent@example.com' } });
    await ask();
    await ask();
    expect(paths().filter((path) => path.includes('Configuration'))).toHaveLength(1);

    twilio.sandbox.reset();
    const set = { ...twilio.settings, ACCOUNT_SID: `AC${'5'.repeat(32)}` };
    await call(lookup, set, { bearer: twilio.sandbox.backendKey, fields: { username: 'agent@example.com' } });
    expect(paths()).toHaveLength(1);
    expect(paths()[0]).not.toContain('Configuration');
  });

  it.each([400, 409, 422])(
    'does not blame the caller if the request for the Flex instance fails with %d',
    async (status) => {
      twilio.sandbox.fault({ path: /Configuration/, status });
      const answer = await withUnknownInstance('8', twilio.sandbox.backendKey, { username: 'a' });
      expect(answer).toMatchObject({ status: 502, body: { code: 'upstream_error', upstream: { status } } });
    },
  );

  it('says to wait if the request for the Flex instance is rate limited, but not to a caller with a token', async () => {
    twilio.sandbox.fault({ path: /Configuration/, status: 429, retryAfter: 60 });
    const headers = { 'retry-after': '60' };
    expect(await withUnknownInstance('8', twilio.sandbox.backendKey, { username: 'a' })).toMatchObject({
      status: 429,
      headers,
      body: { code: 'rate_limited' },
    });
    const body = { valid: true, roles: ['agent'], flex_instance_sid: twilio.sandbox.instanceSid };
    twilio.sandbox.fault({ host: 'iam', status: 200, body });
    expect(await withUnknownInstance('8', 'a.token', {})).toMatchObject({
      status: 502,
      headers,
      body: { code: 'upstream_error', upstream: { status: 429 } },
    });
  });

  it('reads the Flex instance again after it could not be read', async () => {
    const another = { ACCOUNT_SID: `AC${'7'.repeat(32)}`, AUTH_TOKEN: 'x', BACKEND_KEYS: twilio.sandbox.backendKeys };
    const ask = () => call(lookup, another, { bearer: twilio.sandbox.backendKey, fields: { username: 'a' } });
    expect(await ask()).toMatchObject({ status: 502 });
    expect(await ask()).toMatchObject({ status: 502 });
    expect(paths()).toEqual(['GET /v1/Configuration', 'GET /v1/Configuration']);
  });
});

import { ApiError } from '../../src/errors';
import { handler as deprovision } from '../../src/functions/deprovision';
import { handler as lookup } from '../../src/functions/lookup';
import { handler as mint } from '../../src/functions/mint';
import { handler as provision } from '../../src/functions/provision';
import { serve } from '../../src/http/serve';
import { call } from '../support/call';
import { useSandbox } from '../support/twilio';

const twilio = useSandbox();

const FUNCTIONS = { provision, lookup, mint, deprovision };
const BAD_FIELDS = { username: '', roles: 'boss', ttl: -1 };

describe.each(Object.entries(FUNCTIONS))('%s', (operation, handler) => {
  it('returns 401 to an unauthenticated caller, and reveals nothing else', async () => {
    const answer = await call(handler, twilio.settings, { fields: BAD_FIELDS });
    expect(answer).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer', 'cache-control': 'no-store', 'content-type': 'application/json' },
      body: { status: 401, code: 'missing_credentials', message: expect.stringContaining('Authorization: Bearer') },
    });
    expect(answer.body.details).toBeUndefined();
    expect(answer.log).toMatchObject([{ operation, outcome: 'missing_credentials', status: 401 }]);
    expect(twilio.sandbox.requests).toEqual([]);
  });

  it('refuses an unknown backend key before it checks the fields, without calling Twilio', async () => {
    const answer = await call(handler, twilio.settings, { bearer: 'fbk_sandbox.wrong', fields: BAD_FIELDS });
    expect(answer).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
      body: { code: 'invalid_key' },
    });
    expect(twilio.sandbox.requests).toEqual([]);
  });

  it('refuses a token that is not valid before it looks at the fields', async () => {
    const bearer = await twilio.sandbox.tokenFor('admin', { ttlSeconds: -1 });
    const answer = await call(handler, twilio.settings, { bearer, fields: BAD_FIELDS });
    expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
  });

  it('lists the fields at fault before it says that the caller may not', async () => {
    const bearer = await twilio.sandbox.tokenFor('guest');
    const answer = await call(handler, twilio.settings, { bearer, fields: BAD_FIELDS });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request', details: expect.any(Array) } });
    expect(twilio.sandbox.requestsTo('flex-api')).toEqual([]);
  });
});

it('does not reveal to an agent whether a user exists', async () => {
  const bearer = await twilio.sandbox.tokenFor('agent');
  const there = await call(lookup, twilio.settings, { bearer, fields: { username: 'admin@example.com' } });
  const not = await call(lookup, twilio.settings, { bearer, fields: { username: 'nobody' } });
  expect(there.status).toBe(403);
  expect(there.body).toEqual(not.body);
});

describe('the credential', () => {
  const ownLookup = async (headers: object, fields: object = {}) =>
    call(lookup, twilio.settings, { headers: { ...headers }, fields });

  it('may be written with any case of Bearer', async () => {
    const token = await twilio.sandbox.tokenFor('agent');
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect(await ownLookup({ authorization: `${scheme} ${token}` })).toMatchObject({ status: 200 });
    }
  });

  it('is not chosen from several', async () => {
    const token = await twilio.sandbox.tokenFor('agent');
    const both = await ownLookup({ authorization: [`Bearer ${token}`, `Bearer ${token}`] });
    expect(both).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
  });

  it('is the field Token if the header has another scheme', async () => {
    const Token = await twilio.sandbox.tokenFor('agent');
    expect(await ownLookup({ authorization: 'Basic dXNlcjpwYXNz' }, { Token })).toMatchObject({ status: 200 });
    expect(await ownLookup({ authorization: 'Basic dXNlcjpwYXNz' })).toMatchObject({
      body: { code: 'missing_credentials' },
    });
  });

  it('does not accept a backend key in the field Token', async () => {
    const answer = await ownLookup({}, { Token: twilio.sandbox.backendKey, username: 'agent@example.com' });
    const message = expect.stringContaining('Send it as "Authorization: Bearer <key>"');
    expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_token', message } });
    expect(twilio.sandbox.requests).toEqual([]);
  });

  it.each([null, 7, true, [], ['a', 'b'], {}, ''])('is invalid if the field Token is %j', async (Token) => {
    expect(await ownLookup({}, { Token })).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
    expect(twilio.sandbox.requests).toEqual([]);
  });
});

describe('a refusal says what to do next', () => {
  const refused = async (bearer: string, fields: object) =>
    (await call(mint, twilio.settings, { bearer, fields })).body.message as string;

  it('by the roles, to who shows a Flex token', async () => {
    const bearer = await twilio.sandbox.tokenFor('agent');
    expect(await refused(bearer, { username: 'another.user' })).toMatch(/^Your roles do not allow "mint anybody"\./);
  });

  it('with what is required instead, according to the table', async () => {
    const bearer = await twilio.sandbox.tokenFor('agent');
    expect(await refused(bearer, { username: 'another.user' })).toMatch(
      /Required: a backend key with the scope mint\.$/,
    );
    const { body } = await call(lookup, twilio.settings, { bearer, fields: { username: 'another.user' } });
    expect(body.message).toMatch(
      /Required: the supervisor role, or the admin role, or a backend key with the scope lookup\.$/,
    );
    const guest = { bearer: await twilio.sandbox.tokenFor('guest') };
    expect((await call(lookup, twilio.settings, guest)).body.message).toMatch(
      /"lookup own user"\. Required: the agent role, or the supervisor role, or the admin role\.$/,
    );
  });

  it('by the scope, to who shows a backend key, and by the user it has to name', async () => {
    const [name, , hash] = twilio.sandbox.backendKeys.split(':');
    const settings = { ...twilio.settings, BACKEND_KEYS: `${name}:lookup:${hash}` };
    const bearer = twilio.sandbox.backendKey;
    const { body } = await call(mint, settings, { bearer, fields: { username: 'a' } });
    expect(body.message).toMatch(/does not have the scope mint.*npm run backend-key -- NAME mint$/);
    expect(await refused(bearer, {})).toMatch(/^A backend key has no user\./);
  });

  it('by signing in again, to whose token says of no user', async () => {
    const bearer = await twilio.sandbox.tokenFor('agent', { flex_user_sid: null, realm_user_id: null });
    expect(await refused(bearer, {})).toMatch(/does not say who you are/);
  });
});

describe('a backend key', () => {
  const known = twilio;
  const ask = (bearer: string) => call(lookup, known.settings, { bearer, fields: { username: 'agent@example.com' } });

  it('counts to the last character', async () => {
    const key = known.sandbox.backendKey;
    expect(await ask(key)).toMatchObject({ status: 200 });
    for (const wrong of [
      `${key}x`,
      key.slice(0, -1),
      key.toUpperCase(),
      key.replace('sandbox', 'Sandbox'),
      'fbk_',
      'fbk_sandbox.',
    ]) {
      expect(await ask(wrong)).toMatchObject({ status: 401 });
    }
  });

  it('is known by the name that it is listed under', async () => {
    const [, scopes, hash] = known.sandbox.backendKeys.split(':');
    const settings = { ...known.settings, BACKEND_KEYS: `other:${scopes}:${hash}` };
    const answer = await call(lookup, settings, { bearer: known.sandbox.backendKey, fields: { username: 'a' } });
    expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_key' } });
  });
});

describe('the response and the log', () => {
  it('returns a plain 500 for an unexpected error, without its message', async () => {
    const failing = serve('lookup', async () => {
      throw new TypeError('the secret is in /some/path');
    });
    const answer = await call(failing, twilio.settings);
    expect(answer).toMatchObject({ status: 500, body: { status: 500, code: 'internal_error' } });
    expect(answer.log).toMatchObject([{ outcome: 'internal_error', reason: 'TypeError' }]);
    expect(JSON.stringify(answer)).not.toMatch(/secret|path/);
  });

  it('is logged at the level that it deserves', async () => {
    const levels = ['info', 'warn', 'error'] as const;
    const spies = levels.map((level) => jest.spyOn(console, level).mockImplementation());
    const answers = [
      { status: 200 },
      ...(['invalid_request', 'forbidden', 'internal_error', 'upstream_error'] as const).map(
        (code) => new ApiError(code, 'no'),
      ),
    ];
    for (const answer of answers) {
      const run = async () => {
        if (answer instanceof ApiError) throw answer;
        return answer;
      };
      await serve('lookup', run)({} as Parameters<ReturnType<typeof serve>>[0], {}, () => {});
    }
    expect(spies.map((spy) => spy.mock.calls.length)).toEqual([1, 2, 2]);
    for (const spy of spies) spy.mockRestore();
  });

  it('logs the name of the backend key and the SID of the user, and no username', async () => {
    const fields = { username: 'agent@example.com' };
    const { log } = await call(mint, twilio.settings, { bearer: twilio.sandbox.backendKey, fields });
    expect(log).toEqual([
      {
        operation: 'mint',
        outcome: 'ok',
        status: 201,
        ms: expect.any(Number),
        caller: { kind: 'backend-key', key: 'sandbox' },
        flex_user_sid: twilio.sandbox.users.agent.flexUserSid,
        request_ids: twilio.sandbox.requests.map(({ requestId }) => requestId),
      },
    ]);
  });

  it('logs the SID of the user of a refused call, if the call named it', async () => {
    const { agent, supervisor } = twilio.sandbox.users;
    const bearer = await twilio.sandbox.tokenFor('supervisor');
    const { log } = await call(mint, twilio.settings, { bearer, fields: { flex_user_sid: agent.flexUserSid } });
    expect(log).toMatchObject([
      {
        outcome: 'forbidden',
        caller: { kind: 'flex-user', flex_user_sid: supervisor.flexUserSid },
        flex_user_sid: agent.flexUserSid,
      },
    ]);
  });

  it('logs the SID of the user of a refused call, if it was found by username', async () => {
    const { admin, agent } = twilio.sandbox.users;
    const own = { bearer: await twilio.sandbox.tokenFor('admin'), fields: { username: admin.username } };
    const refused = await call(deprovision, twilio.settings, own);
    expect(refused.log).toMatchObject([{ outcome: 'forbidden', flex_user_sid: admin.flexUserSid }]);

    const asBackend = { bearer: twilio.sandbox.backendKey, fields: { username: agent.username } };
    await call(deprovision, twilio.settings, asBackend);
    const { log } = await call(mint, twilio.settings, asBackend);
    expect(log).toMatchObject([{ outcome: 'user_deactivated', flex_user_sid: agent.flexUserSid }]);
  });

  it('returns the details of Twilio’s refusal that Twilio Support needs', async () => {
    twilio.sandbox.fault({ host: 'flex-api', status: 500 });
    const fields = { username: 'agent@example.com' };
    const { log, body } = await call(lookup, twilio.settings, { bearer: twilio.sandbox.backendKey, fields });
    const [request] = twilio.sandbox.requests;
    expect(body.upstream).toEqual({ status: 500, code: 20500, request_id: request?.requestId });
    expect(log).toMatchObject([
      { outcome: 'upstream_error', upstream: body.upstream, request_ids: [request?.requestId] },
    ]);
  });
});

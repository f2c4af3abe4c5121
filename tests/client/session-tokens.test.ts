import type { FlexSession, SessionFunctions } from '../../src/client/flex-auth';
import { enterWorld, type World } from './support/world';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

let world: World;
beforeEach(async () => {
  world = await enterWorld();
});
afterEach(() => world.leave());

const { signal } = new AbortController();
const at = (ms: number) => new Date(world.serverNow() + ms).toISOString();

const sessionOf = (fields: Partial<FlexSession> = {}): FlexSession => ({
  accessToken: 'access-0',
  refreshToken: 'refresh-0',
  expiresAt: at(60 * MINUTE),
  identity: 'agent',
  roles: ['agent'],
  accountSid: `AC${'1'.repeat(32)}`,
  ssoProfileSid: 'JQ1',
  ...fields,
});

/**
 * The functions of the Flex SDK at a Twilio where each refresh token works once; `calls` has one line for each call. `sdk`
 * calls what `functions` holds at that moment.
 */
function twilio() {
  const calls: string[] = [];
  let number = 0;
  const functions: SessionFunctions = {
    async refreshToken({ refreshToken, ssoProfileSid }) {
      calls.push(`refresh ${refreshToken} ${ssoProfileSid}`);
      if (refreshToken !== `refresh-${number}`) throw new Error('used before');
      number += 1;
      return { accessToken: `access-${number}`, refreshToken: `refresh-${number}` };
    },
    async validateToken(accountSid, token) {
      calls.push(`validate ${token}`);
      expect(accountSid).toBe(sessionOf().accountSid);
      // A string, although the SDK declares a Date.
      return { dateExpired: at(60 * MINUTE) };
    },
  };
  const sdk: SessionFunctions = {
    refreshToken: (options) => functions.refreshToken(options),
    validateToken: (accountSid, token) => functions.validateToken(accountSid, token),
  };
  return { calls, functions, sdk };
}

it('returns the session’s own token first, and renews it on each later call', async () => {
  const { calls, sdk } = twilio();
  const getToken = world.client.sessionTokens(sessionOf(), sdk);
  expect(await getToken({ signal })).toEqual({ accessToken: 'access-0', expiresAt: at(60 * MINUTE) });
  expect(calls).toEqual([]);
  expect(await getToken({ signal })).toEqual({ accessToken: 'access-1', expiresAt: at(60 * MINUTE) });
  expect(await getToken({ signal })).toMatchObject({ accessToken: 'access-2' });
  expect(calls).toEqual(['refresh refresh-0 JQ1', 'validate access-1', 'refresh refresh-1 JQ1', 'validate access-2']);
});

it('renews the session on the first call if it has expired, by the server’s clock', async () => {
  world.leave();
  world = await enterWorld({ deviceAheadMs: -120 * MINUTE });
  const { sdk } = twilio();
  const getToken = world.client.sessionTokens(sessionOf({ expiresAt: at(-SECOND) }), sdk);
  expect(await getToken({ signal })).toMatchObject({ accessToken: 'access-1' });
});

it('goes on with the latest tokens if the same session is used again, as by a component that is mounted again', async () => {
  const { calls, sdk } = twilio();
  const first = world.client.sessionTokens(sessionOf(), sdk);
  await first({ signal });
  await first({ signal });
  const again = world.client.sessionTokens({ ...sessionOf() }, sdk);
  expect(await again({ signal })).toMatchObject({ accessToken: 'access-1' });
  expect(await again({ signal })).toMatchObject({ accessToken: 'access-2' });
  expect(calls.filter((call) => call.startsWith('refresh'))).toEqual([
    'refresh refresh-0 JQ1',
    'refresh refresh-1 JQ1',
  ]);
});

it('shares one renewal among calls at the same time', async () => {
  const { calls, sdk } = twilio();
  const both = [1, 2].map(() => world.client.sessionTokens(sessionOf(), sdk));
  await Promise.all(both.map((getToken) => getToken({ signal })));
  const tokens = await Promise.all(both.map((getToken) => getToken({ signal })));
  expect(tokens).toMatchObject([{ accessToken: 'access-1' }, { accessToken: 'access-1' }]);
  expect(calls.filter((call) => call.startsWith('refresh'))).toHaveLength(1);
});

it('uses the refresh token again after an attempt that failed', async () => {
  const { calls, functions, sdk } = twilio();
  const { refreshToken } = functions;
  const getToken = world.client.sessionTokens(sessionOf(), sdk);
  await getToken({ signal });
  functions.refreshToken = () => Promise.reject(new Error('down'));
  await expect(getToken({ signal })).rejects.toThrow('down');
  functions.refreshToken = refreshToken;
  expect(await getToken({ signal })).toMatchObject({ accessToken: 'access-1' });
  expect(calls[0]).toBe('refresh refresh-0 JQ1');
});

it('keeps new tokens whose validation failed, and only validates them the next time', async () => {
  const { calls, functions, sdk } = twilio();
  const { validateToken } = functions;
  const getToken = world.client.sessionTokens(sessionOf(), sdk);
  await getToken({ signal });
  functions.validateToken = () => Promise.reject(new Error('down'));
  await expect(getToken({ signal })).rejects.toThrow('down');
  functions.validateToken = validateToken;
  expect(await getToken({ signal })).toMatchObject({ accessToken: 'access-1' });
  expect(calls).toEqual(['refresh refresh-0 JQ1', 'validate access-1']);
});

it('waits for a renewal that still runs instead of using the refresh token again', async () => {
  const { calls, functions, sdk } = twilio();
  const { refreshToken } = functions;
  let goOn = () => {};
  functions.refreshToken = async (options) => {
    await new Promise<void>((resolve) => {
      goOn = resolve;
    });
    return refreshToken(options);
  };
  const getToken = world.client.sessionTokens(sessionOf(), sdk);
  await getToken({ signal });
  const aborted = new AbortController();
  const dropped = getToken({ signal: aborted.signal });
  await world.pass(11 * SECOND);
  aborted.abort();
  const next = getToken({ signal });
  await world.pass(0);
  goOn();
  await dropped;
  expect(await next).toMatchObject({ accessToken: 'access-1' });
  expect(calls.filter((call) => call.startsWith('refresh'))).toHaveLength(1);
});

it('keeps tokens that come late: after 12 s the refresh token was used again and refused, because they had used it up', async () => {
  const { functions, sdk } = twilio();
  const { refreshToken } = functions;
  let respond = () => {};
  functions.refreshToken = async (options) => {
    const tokens = await refreshToken(options);
    await new Promise<void>((resolve) => {
      respond = resolve;
    });
    return tokens;
  };
  const getToken = world.client.sessionTokens(sessionOf(), sdk);
  await getToken({ signal });
  const aborted = new AbortController();
  void getToken({ signal: aborted.signal });
  await world.pass(12 * SECOND);
  aborted.abort();
  functions.refreshToken = refreshToken;
  await expect(getToken({ signal })).rejects.toThrow('used before');
  respond();
  await world.pass(0);
  expect(await getToken({ signal })).toMatchObject({ accessToken: 'access-1' });
});

it.each([
  ['refreshToken gives no token', { refreshToken: async () => ({ message: 'Bad gateway' }) }],
  ['validateToken gives no expiration', { validateToken: async () => ({ dateExpired: null }) }],
  ['validateToken gives no date', { validateToken: async () => ({ dateExpired: 'soon' }) }],
])('rejects if %s', async (_, broken: Partial<SessionFunctions>) => {
  const { sdk } = twilio();
  const getToken = world.client.sessionTokens(sessionOf(), { ...sdk, ...broken });
  await getToken({ signal });
  await expect(getToken({ signal })).rejects.toMatchObject({ code: 'unexpected_answer' });
});

it.each([
  ['refresh token', { refreshToken: undefined }],
  ['SSO profile', { ssoProfileSid: undefined }],
])('rejects with missing_credentials when a session without a %s is to be renewed', async (_, fields) => {
  const { calls, sdk } = twilio();
  const session: object = { ...sessionOf(), ...fields };
  const getToken = world.client.sessionTokens(session as FlexSession, sdk);
  await getToken({ signal });
  await expect(getToken({ signal })).rejects.toMatchObject({ code: 'missing_credentials' });
  expect(calls).toEqual([]);
});

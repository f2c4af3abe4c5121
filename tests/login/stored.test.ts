import fc from 'fast-check';
import { bakedSettings } from '../../build/baked-settings';
import { createConfiguration, parseSettings } from '../../src/login/configuration';
import { within } from '../../src/login/deadline';
import { refreshSession } from '../../src/login/finish-login';
import { parsePendingLogin, storePendingLogin, takePendingLogin } from '../../src/login/pending-login';
import { createRedaction, redactingFactory } from '../../src/login/redaction';
import {
  describeSession,
  parseSession,
  parseTokens,
  readSession,
  type Session,
  storeSession,
} from '../../src/login/session';
import { manualTime, memoryStore } from './support/memory';
import { ACCOUNT_SID, defaultConfig } from './support/service';

const text = fc.string({ minLength: 1 });
const pendingLogin = fc.record({
  ...{ loginUrl: text, nonce: text, codeChallenge: text, codeVerifier: text, state: text },
  ...{ clientId: text, ssoProfileSid: text, startedAt: fc.nat() },
});
const session = fc.record(
  {
    ...{ accessToken: text, refreshToken: text, identity: text, username: text, accountSid: text, ssoProfileSid: text },
    expiresAt: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    roles: fc.array(fc.string()),
  },
  { requiredKeys: ['accessToken', 'identity', 'accountSid', 'expiresAt', 'roles'] },
);

describe('a pending login', () => {
  it('comes out of the store as it went in, once', () => {
    fc.assert(
      fc.property(pendingLogin, (login) => {
        const store = memoryStore();
        storePendingLogin(store, login);
        expect(takePendingLogin(store)).toEqual(login);
        expect(takePendingLogin(store)).toBeUndefined();
      }),
    );
  });

  it('is none where any of its parts is missing or of another type', () => {
    fc.assert(
      fc.property(pendingLogin, fc.nat(7), fc.option(fc.jsonValue(), { nil: undefined }), (login, at, value) => {
        const [key = '', right] = Object.entries(login)[at] ?? [];
        fc.pre(typeof value !== typeof right || value === '');
        expect(parsePendingLogin({ ...login, [key]: value })).toBeUndefined();
      }),
    );
  });
});

describe('a session', () => {
  it('comes out of the store as it went in', () => {
    fc.assert(
      fc.property(session, (stored) => {
        const store = memoryStore();
        storeSession(store, stored);
        expect(readSession(store)).toEqual(stored);
      }),
    );
  });

  it('is never made of what is not one', () => {
    fc.assert(fc.property(fc.anything(), (value) => expect(parseSession(value)).toBeUndefined()));
  });

  it('is read from a store with anything in it without an exception', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const store = memoryStore();
        store.setItem('flex-auth:session', value);
        expect(readSession(store)).toBeUndefined();
      }),
    );
  });

  it('is made of tokens and of what Twilio says about them, whether it gives the expiry as text or as a date', () => {
    const info = { identity: 'ada_40x', realmUserId: 'ada@x', roles: ['agent'], accountSid: ACCOUNT_SID };
    const tokens = { accessToken: 'a', refreshToken: 'r' };
    for (const dateExpired of ['2030-01-01T12:00:00Z', new Date('2030-01-01T12:00:00Z')]) {
      expect(describeSession(tokens, { ...info, dateExpired }, ACCOUNT_SID, 'JB1')).toEqual({
        ...tokens,
        ...{ expiresAt: '2030-01-01T12:00:00.000Z', identity: 'ada_40x', username: 'ada@x', roles: ['agent'] },
        ...{ accountSid: ACCOUNT_SID, ssoProfileSid: 'JB1' },
      });
    }
  });

  it.each([{}, null, 'x', { identity: 'a' }, { identity: 'a', dateExpired: 'soon' }, { dateExpired: '2030-01-01' }])(
    'is refused where Twilio says no more of the token than %j',
    (info) => {
      expect(() => describeSession({ accessToken: 'a' }, info, ACCOUNT_SID)).toThrow('refused');
    },
  );

  it('is refused where there is no access token', () => {
    expect(() => parseTokens({ refreshToken: 'r' })).toThrow('refused');
  });
});

describe('the configuration', () => {
  function edges() {
    const time = manualTime();
    return {
      ...{ baked: undefined, cache: memoryStore(), now: time.now, timers: time, time, use: jest.fn() },
      fetchConfig: jest.fn(async (): Promise<unknown> => defaultConfig()),
      getAuthenticationConfig: jest.fn(
        async (_: { accountSid: string }): Promise<unknown> => ({
          configList: [
            { active: false, clientId: 'c0', ssoProfileSid: 'JB0' },
            { active: true, clientId: 'c1', ssoProfileSid: 'JB1' },
            { active: true, clientId: 'c2', ssoProfileSid: 'JB2' },
          ],
        }),
      ),
    };
  }

  it('is the first active connection of the account, and tells the SDK its region before it is asked', async () => {
    const made = edges();
    made.getAuthenticationConfig.mockImplementation(async () => {
      expect(made.use).toHaveBeenCalled();
      return { configList: [{ active: true, clientId: 'c1', ssoProfileSid: 'JB1' }] };
    });
    expect(await createConfiguration(made).connection()).toEqual({ clientId: 'c1', ssoProfileSid: 'JB1' });
    expect(made.getAuthenticationConfig).toHaveBeenCalledWith({ accountSid: ACCOUNT_SID });
  });

  it('asks nobody for settings that are known since the build', async () => {
    const made = edges();
    await createConfiguration({ ...made, baked: parseSettings(defaultConfig()) }).connection();
    expect(made.fetchConfig).not.toHaveBeenCalled();
  });

  it('is used again at the next visit though no answer comes, for a day', async () => {
    const made = edges();
    await createConfiguration(made).connection();
    const silent = { ...made, fetchConfig: never, getAuthenticationConfig: never };
    expect(await createConfiguration(silent).connection()).toEqual({ clientId: 'c1', ssoProfileSid: 'JB1' });
    expect(await createConfiguration(silent).settings()).toMatchObject({ accountSid: ACCOUNT_SID });
    await made.time.pass(24 * 60 * 60_000);
    made.getAuthenticationConfig.mockClear();
    await createConfiguration(made).connection();
    expect(made.getAuthenticationConfig).toHaveBeenCalledTimes(1);
  });

  it('of another account is not used', async () => {
    const made = edges();
    await createConfiguration(made).connection();
    made.getAuthenticationConfig.mockClear();
    const baked = { ...parseSettings(defaultConfig()), accountSid: `AC${'f'.repeat(32)}` };
    await createConfiguration({ ...made, baked }).connection();
    expect(made.getAuthenticationConfig).toHaveBeenCalledWith({ accountSid: baked.accountSid });
  });

  it.each([{ region: 'ie1' }, { edge: 'dublin' }])('of another region or edge is not used: %j', async (elsewhere) => {
    const made = edges();
    await createConfiguration(made).connection();
    const baked = { ...parseSettings(defaultConfig()), ...elsewhere };
    made.use.mockClear();
    await createConfiguration({ ...made, baked }).connection();
    expect(made.use.mock.calls).toEqual([[baked]]);
  });

  it('is forgotten where it has moved to another region meanwhile', async () => {
    const made = edges();
    await createConfiguration(made).connection();
    made.fetchConfig.mockResolvedValue({ ...defaultConfig(), region: 'ie1' });
    await createConfiguration(made).connection();
    await made.time.pass(0);
    expect(made.cache.map.size).toBe(0);
  });

  it('is forgotten where the look-up meanwhile finds none that is active', async () => {
    const made = edges();
    await createConfiguration(made).connection();
    made.getAuthenticationConfig.mockResolvedValue({ configList: [] });
    await createConfiguration(made).connection();
    await made.time.pass(0);
    await expect(createConfiguration(made).connection()).rejects.toMatchObject({ kind: 'no-configuration' });
  });

  it('keeps nothing of who may receive a session', async () => {
    const made = edges();
    await createConfiguration(made).connection();
    expect([...made.cache.map.values()].join()).not.toContain('app.example.com');
  });

  it('is asked for again after a failure', async () => {
    const made = edges();
    made.fetchConfig.mockRejectedValueOnce(new TypeError('Failed to fetch'));
    const configuration = createConfiguration(made);
    await expect(configuration.connection()).rejects.toMatchObject({ kind: 'settings' });
    await expect(configuration.connection()).resolves.toMatchObject({ clientId: 'c1' });
  });

  it.each([{}, null, []])('is asked for again after an answer that is none: %j', async (answer) => {
    const made = edges();
    made.fetchConfig.mockResolvedValueOnce(answer);
    const configuration = createConfiguration(made);
    await expect(configuration.connection()).rejects.toMatchObject({ kind: 'settings' });
    await expect(configuration.allowedOrigins()).resolves.toEqual(defaultConfig().allowed_origins);
    await expect(configuration.connection()).resolves.toMatchObject({ clientId: 'c1' });
  });

  it('is kept where the browser leaves before it was looked up anew', async () => {
    const made = edges();
    await createConfiguration(made).connection();
    made.fetchConfig.mockRejectedValue(new TypeError('Failed to fetch'));
    await createConfiguration(made).connection();
    await made.time.pass(0);
    expect(made.cache.map.size).toBe(1);
  });

  it('is what the administrator has to look at where Twilio refuses to tell it', async () => {
    const made = edges();
    made.getAuthenticationConfig.mockRejectedValue(Object.assign(new Error('no'), { code: 45004 }));
    await expect(createConfiguration(made).connection()).rejects.toMatchObject({ kind: 'account' });
  });

  it.each([{}, { account_sid: 'AC1' }, { account_sid: `${ACCOUNT_SID}/..` }, null, []])('is not made of %j', (raw) => {
    expect(() => parseSettings(raw)).toThrow('settings');
  });

  it('takes a region for one only where it can be part of a host name', () => {
    const { region, edge } = parseSettings({ ...defaultConfig(), region: 'x.evil.example/', edge: 'dublin' });
    expect({ region, edge }).toEqual({ region: undefined, edge: 'dublin' });
  });

  it('takes a region in capitals for the same', () => {
    const { region, edge } = parseSettings({ ...defaultConfig(), region: 'IE1', edge: 'Dublin' });
    expect({ region, edge }).toEqual({ region: 'ie1', edge: 'dublin' });
  });

  it('bakes in what .env has, and nothing without the account', () => {
    expect(bakedSettings({ ACCOUNT_SID, TELEMETRY: 'true', LOG_LEVEL: 'warn', TWILIO_REGION: 'ie1' })).toEqual({
      ...{ accountSid: ACCOUNT_SID, region: 'ie1', telemetry: true, logLevel: 'warn' },
    });
    expect(bakedSettings({ TELEMETRY: 'true' })).toBeUndefined();
  });

  it('bakes in what the Functions would read of it, and nothing of what they would not', () => {
    const read = { ACCOUNT_SID, TELEMETRY: ' True', LOG_LEVEL: 'WARN', TWILIO_REGION: 'IE1', TWILIO_EDGE: '' };
    expect(bakedSettings(read)).toEqual({
      ...{ accountSid: ACCOUNT_SID, region: 'ie1', telemetry: true, logLevel: 'warn' },
    });
    for (const malformed of [{ TELEMETRY: 'yes' }, { LOG_LEVEL: 'loud' }, { TWILIO_REGION: 'x.y/' }]) {
      expect(bakedSettings({ ACCOUNT_SID, ...malformed })).toBeUndefined();
    }
  });
});

it('puts away what a step brings after its time is over', async () => {
  const time = manualTime();
  let finish = (_: string) => {};
  const late = jest.fn();
  const step = within(time, new Promise<string>((done) => (finish = done)), late);
  const outcome = expect(step).rejects.toMatchObject({ kind: 'too-slow' });
  await time.pass(15_000);
  await outcome;
  finish('a client');
  await time.pass(0);
  expect(late).toHaveBeenCalledWith('a client');
});

it('keeps the tokens of a refresh that comes after its time is over, since the old ones are spent', async () => {
  const time = manualTime();
  const old: Session = {
    ...{ accessToken: 'a', refreshToken: 'r', expiresAt: '2030-01-01T13:00:00Z', identity: 'i', roles: [] },
    ...{ accountSid: ACCOUNT_SID, ssoProfileSid: 'JB1' },
  };
  let answer = (_: unknown) => {};
  const sdk = {
    refreshToken: () => new Promise((done) => (answer = done)),
    exchangeToken: never,
    validateToken: never,
  };
  const keep = jest.fn();
  const holder = { current: () => old, keep };
  const refresh = refreshSession({ sdk, storage: memoryStore(), now: time.now, timers: time }, old, holder);
  const outcome = expect(refresh).rejects.toMatchObject({ kind: 'too-slow' });
  await time.pass(15_000);
  await outcome;
  answer({ accessToken: 'a2', refreshToken: 'r2' });
  await time.pass(0);
  expect(keep.mock.calls).toEqual([[{ ...old, accessToken: 'a2', refreshToken: 'r2' }]]);
});

it('masks a token in whatever is logged, wherever it stands in the text', () => {
  const redaction = createRedaction();
  redaction.hide('eyJ.secret');
  const lines: unknown[] = [];
  const factory = redactingFactory(
    (level: string) =>
      (...parts) =>
        void lines.push(level, ...parts),
    redaction,
  );
  factory('debug')('token: eyJ.secret, again eyJ.secret', 7, 'eyJ.secret');
  expect(lines).toEqual(['debug', 'token: [token], again [token]', 7, '[token]']);
});

function never(): Promise<never> {
  return new Promise(() => {});
}

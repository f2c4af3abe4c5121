import type { FlexToken } from '../../src/client/flex-auth';
import {
  connected,
  FakeClient,
  failing,
  HOUR,
  hanging,
  MINUTE,
  SECOND,
  tokenOf,
  useWorld,
  world,
} from './support/connection';

useWorld();

describe('connect', () => {
  it('creates the client with the first token, the given options and autoUpdateToken off', async () => {
    const createClient = jest.fn(
      async (_token: string, _options?: { appName?: string; session?: object }) => new FakeClient(),
    );
    const { connect } = world.client;
    const { stop } = await connect({
      createClient,
      getToken: async () => tokenOf(1, HOUR),
      clientOptions: { appName: 'desk' },
    });
    expect(createClient.mock.calls).toEqual([['token-1', { appName: 'desk', session: { autoUpdateToken: false } }]]);
    stop();
  });

  it('understands what mint returns', async () => {
    const { client, connection, provider } = await connected(HOUR);
    provider.next = async () => ({ access_token: 'minted', token_info: { expiration: '2026-11-26T20:00:00Z' } });
    await world.pass(56 * MINUTE);
    expect(client.tokens).toEqual(['minted']);
    expect(connection).toMatchObject({ accessToken: 'minted', expiresAt: '2026-11-26T20:00:00Z' });
    connection.stop();
  });

  it.each([
    ['rejects', failing, 'down'],
    [
      'throws',
      () => {
        throw new Error('thrown');
      },
      'thrown',
    ],
    ['returns undefined', async () => undefined, 'unexpected_answer'],
    ['returns a token without an expiration', async () => ({ accessToken: 'x' }), 'unexpected_answer'],
    [
      'returns an expiration that is not a date',
      async () => ({ accessToken: 'x', expiresAt: 'soon' }),
      'unexpected_answer',
    ],
  ])('rejects if the first getToken %s, and leaves nothing behind', async (_, getToken, reason) => {
    const createClient = jest.fn();
    const error = await world.client.connect({ createClient, getToken: getToken as never }).catch((thrown) => thrown);
    expect(error.code ?? error.message).toBe(reason);
    expect(createClient).not.toHaveBeenCalled();
    expect(world.left()).toEqual({ listeners: 0, timers: 0 });
  });

  it('rejects after 12 s without a first token, aborts the signal and drops the token that comes late', async () => {
    let signal: AbortSignal | undefined;
    let resolve = (_: FlexToken) => {};
    const createClient = jest.fn();
    const outcome = world.client
      .connect({
        createClient,
        getToken: (options) => {
          signal = options.signal;
          return new Promise((resolveToken) => {
            resolve = resolveToken;
          });
        },
      })
      .catch((error) => error.code);
    await world.pass(11_999);
    expect(signal?.aborted).toBe(false);
    await world.pass(1);
    expect(await outcome).toBe('timeout');
    expect(signal?.aborted).toBe(true);
    resolve(tokenOf(1, HOUR));
    await world.pass(MINUTE);
    expect(createClient).not.toHaveBeenCalled();
    expect(world.left()).toEqual({ listeners: 0, timers: 0 });
  });

  it('rejects with what createClient rejects with, and leaves nothing behind', async () => {
    const outcome = connected(HOUR, { createClient: () => Promise.reject(new Error('48920')) });
    await expect(outcome).rejects.toThrow('48920');
    expect(world.left()).toEqual({ listeners: 0, timers: 0 });
  });

  it('rejects if the client does not start within 30 s, and destroys one that comes late', async () => {
    const late = new FakeClient();
    let resolve = (_: FakeClient) => {};
    const createClient = () =>
      new Promise<FakeClient>((resolveClient) => {
        resolve = resolveClient;
      });
    const outcome = connected(HOUR, { createClient }).catch((error) => error.code);
    await world.pass(30 * SECOND);
    expect(await outcome).toBe('timeout');
    resolve(late);
    await world.pass(0);
    expect(late.isDestroyed).toBe(true);
  });
});

describe('renewal', () => {
  it.each([
    ['an hour', HOUR, 55 * MINUTE],
    ['10 minutes', 10 * MINUTE, 5 * MINUTE],
    ['a minute', MINUTE, 30 * SECOND],
    ['12 hours', 12 * HOUR, 12 * HOUR - 5 * MINUTE],
    ['30 days, more than a timer can wait', 30 * 24 * HOUR, 30 * 24 * HOUR - 5 * MINUTE],
  ])('comes 5 minutes ahead of the expiry, or at half of a short life: for tokens of %s', async (_, lifetime, due) => {
    const { client, connection, events } = await connected(lifetime);
    await world.pass(due - 1);
    expect(events).toEqual([]);
    await world.pass(1000);
    expect(events).toEqual([`${due / SECOND} getToken`, `${due / SECOND} renewed token-2`]);
    expect(client.tokens).toEqual(['token-2']);
    connection.stop();
  });

  it('passes each new token to the client before onRenewed, and the connection then holds it', async () => {
    const seen: unknown[] = [];
    const { client, connection } = await connected(HOUR, {
      onRenewed: (token) => {
        seen.push(token, client.tokens.at(-1), connection.accessToken, connection.expiresAt);
      },
    });
    await world.pass(55 * MINUTE);
    const expiresAt = new Date(world.serverNow() + HOUR).toISOString();
    expect(seen).toEqual([{ accessToken: 'token-2', expiresAt }, 'token-2', 'token-2', expiresAt]);
    connection.stop();
  });

  it('does not abort the signal of a call that succeeded or failed', async () => {
    const { connection, provider } = await connected(HOUR);
    provider.next = failing;
    await world.pass(55 * MINUTE);
    expect(provider.signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    connection.stop();
  });

  it('calls again with backoff after failures, one call at a time, and goes on after a success', async () => {
    const { connection, events, provider } = await connected(HOUR);
    let failures = 0;
    provider.next = async () => {
      failures += 1;
      if (failures <= 3) throw new Error('down');
      return tokenOf(2, HOUR);
    };
    await world.pass(56 * MINUTE);
    expect(events).toEqual([
      '3300 getToken',
      '3302 getToken',
      '3306 getToken',
      '3314 getToken',
      '3314 renewed token-2',
    ]);
    connection.stop();
  });

  it('aborts a call that hangs after 12 s, calls again, and drops the token that comes late', async () => {
    const { client, connection, events, provider } = await connected(HOUR);
    let resolve = (_: unknown) => {};
    provider.next = () =>
      new Promise((resolveCall) => {
        resolve = resolveCall;
      });
    await world.pass(55 * MINUTE + 11_999);
    expect(provider.signals.at(-1)?.aborted).toBe(false);
    await world.pass(1);
    expect(provider.signals.at(-1)?.aborted).toBe(true);
    provider.next = async () => tokenOf(3, HOUR);
    await world.pass(5 * SECOND);
    resolve(tokenOf(2, HOUR));
    await world.pass(MINUTE);
    expect(events).toEqual(['3300 getToken', '3314 getToken', '3314 renewed token-3']);
    expect(client.tokens).toEqual(['token-3']);
    connection.stop();
  });

  it.each([
    ['the same token', () => tokenOf(1, HOUR)],
    ['garbage', () => ({ html: '<h1>Bad gateway</h1>' })],
    ['nothing', () => undefined],
    ['an older token that has expired', () => ({ accessToken: 'older', expiresAt: '2026-11-26T08:30:00.000Z' })],
  ])('counts %s as a failure: no onRenewed, and the next call comes with backoff', async (_, next) => {
    const { client, connection, events, provider } = await connected(HOUR);
    const given = next();
    provider.next = async () => given;
    await world.pass(55 * MINUTE + 5 * SECOND);
    expect(events).toEqual(['3300 getToken', '3302 getToken']);
    expect(client.tokens).toEqual([]);
    provider.next = async () => tokenOf(2, HOUR);
    await world.pass(5 * SECOND);
    expect(events.slice(2)).toEqual(['3306 getToken', '3306 renewed token-2']);
    connection.stop();
  });

  it('makes at most 20 calls in the 5 minutes of a provider that returns the same token', async () => {
    const { connection, provider } = await connected(HOUR);
    provider.next = async () => tokenOf(1, HOUR);
    await world.pass(HOUR);
    expect(provider.calls).toBeLessThan(20);
    connection.stop();
  });

  it('makes no hail of calls if new tokens expire no later than the first', async () => {
    const { connection, provider } = await connected(HOUR);
    const expiresAt = new Date(world.serverNow() + HOUR).toISOString();
    provider.next = async () => ({ accessToken: `token-${provider.calls}`, expiresAt });
    await world.pass(59 * MINUTE);
    expect(provider.calls).toBeLessThan(12);
    connection.stop();
  });
});

it.each([20, 40])('a new token that lasts only %d s is renewed before it expires', async (seconds) => {
  const { connection, events, provider } = await connected(HOUR);
  provider.next = async () => tokenOf(provider.calls, seconds * SECOND);
  await world.pass(55 * MINUTE);
  await world.pass(seconds * SECOND);
  expect(events.slice(0, 3)).toEqual(['3300 getToken', '3300 renewed token-2', `${3300 + seconds / 2} getToken`]);
  connection.stop();
});

describe('a session whose renewal keeps failing', () => {
  it('warns once a minute before the expiry, and ends with the first call at or after it that fails', async () => {
    const { client, connection, events, provider } = await connected(HOUR);
    provider.next = failing;
    await world.pass(2 * HOUR);
    const handlers = events.filter((line) => !line.includes('getToken'));
    expect(handlers).toEqual(['3540 ending down', '3600 ended down']);
    expect(events.at(-2)).toBe('3600 getToken');
    expect(client.isDestroyed).toBe(true);
    expect(world.left()).toEqual({ listeners: 0, timers: 0 });
    connection.check();
    await world.pass(HOUR);
    expect(events.at(-1)).toBe('3600 ended down');
  });

  it('warns at half of the lead if that is shorter than a minute', async () => {
    const { connection, events, provider } = await connected(MINUTE);
    provider.next = failing;
    await world.pass(10 * MINUTE);
    expect(events.filter((line) => !line.includes('getToken'))).toEqual(['45 ending down', '60 ended down']);
    connection.stop();
  });

  it('warns in time even if the first call is still hanging', async () => {
    const { connection, events, provider } = await connected(20 * SECOND);
    provider.next = hanging;
    await world.pass(16 * SECOND);
    expect(events).toEqual(['10 getToken', '15 ending timeout']);
    connection.stop();
  });

  it('goes on if a token comes after the warning, and warns again in the next stretch of failures', async () => {
    const { connection, events, provider } = await connected(HOUR);
    provider.next = failing;
    await world.pass(59 * MINUTE + 1 * SECOND);
    provider.next = async () => tokenOf(2, HOUR);
    await world.pass(59 * SECOND);
    provider.next = failing;
    await world.pass(59 * MINUTE);
    const handlers = events.filter((line) => !line.includes('getToken')).map((line) => line.replace(/^\d+ /, ''));
    expect(handlers).toEqual(['ending down', 'renewed token-2', 'ending down']);
    connection.stop();
  });

  it('ends with an error of its own if getToken only returns the same token', async () => {
    const { connection, events, provider } = await connected(HOUR);
    provider.next = async () => tokenOf(1, 0);
    await world.pass(2 * HOUR);
    expect(events.at(-1)).toBe('3600 ended unexpected_answer');
    connection.stop();
  });

  it('calls onEnded even if a listener of the client throws when the client is destroyed', async () => {
    const { client, connection, events, provider } = await connected(HOUR);
    provider.next = failing;
    client.destroy = () => {
      throw new Error('in a listener');
    };
    await world.pass(2 * HOUR);
    expect(events.at(-1)).toBe('3600 ended down');
    connection.stop();
  });

  it('counts a client that refuses the token as a failure', async () => {
    const { client, connection, events } = await connected(HOUR);
    client.updateToken = () => {
      throw new Error('48925');
    };
    await world.pass(2 * HOUR);
    expect(events.at(-1)).toBe('3600 ended 48925');
    connection.stop();
  });
});

describe('a device that is offline', () => {
  it('makes no call, and calls at once when it is back', async () => {
    const { connection, events } = await connected(HOUR);
    await world.pass(50 * MINUTE);
    world.setOnline(false);
    await world.pass(7 * MINUTE);
    expect(events).toEqual([]);
    world.setOnline(true);
    await world.pass(0);
    expect(events).toEqual(['3420 getToken', '3420 renewed token-2']);
    connection.stop();
  });

  it('keeps a session that expired meanwhile, even if the first calls afterwards fail', async () => {
    const { client, connection, events, provider } = await connected(HOUR);
    await world.pass(50 * MINUTE);
    world.setOnline(false);
    await world.pass(5 * HOUR);
    expect(events).toEqual([]);
    provider.next = failing;
    world.setOnline(true);
    await world.pass(5 * SECOND);
    provider.next = async () => tokenOf(2, HOUR);
    await world.pass(10 * SECOND);
    expect(events.at(-1)).toMatch(/renewed token-2$/);
    expect(client.isDestroyed).toBe(false);
    connection.stop();
  });

  it('does not end while a call fails because the network has just gone', async () => {
    const { connection, events, provider } = await connected(MINUTE);
    provider.next = failing;
    await world.pass(59 * SECOND);
    world.setOnline(false);
    await world.pass(HOUR);
    expect(events.filter((line) => line.includes('ended'))).toEqual([]);
    connection.stop();
  });
});

describe('check', () => {
  it('does nothing if renewal is not due', async () => {
    const { connection, events } = await connected(HOUR);
    await world.pass(54 * MINUTE);
    connection.check();
    await world.pass(0);
    expect(events).toEqual([]);
    connection.stop();
  });

  it.each([
    ['fails', failing],
    ['returns the same token', async () => tokenOf(1, HOUR)],
  ])('leaves it to the backoff when to call a getToken that %s', async (_, next) => {
    const { connection, provider } = await connected(HOUR);
    provider.next = next;
    await world.pass(55 * MINUTE);
    for (let seconds = 0; seconds < 60; seconds += 1) {
      connection.check();
      world.dispatch('document', 'visibilitychange');
      world.dispatch('window', 'pageshow');
      await world.pass(SECOND);
    }
    // At the start, then after 0, 2, 6, 14 and 30 seconds, and 60.
    expect(provider.calls).toBeLessThanOrEqual(7);
    connection.stop();
  });

  it('calls getToken at once when the device is back online, but no more often than every 2 s', async () => {
    const { connection, provider } = await connected(HOUR);
    provider.next = failing;
    await world.pass(55 * MINUTE + 20 * SECOND);
    const before = provider.calls;
    for (let tenths = 0; tenths < 15; tenths += 1) {
      world.setOnline(true);
      await world.pass(SECOND / 10);
    }
    expect(provider.calls).toBe(before + 1);
    connection.stop();
  });

  it('does not call getToken a second time while a call is running', async () => {
    const { connection, events, provider } = await connected(HOUR);
    provider.next = hanging;
    await world.pass(55 * MINUTE + SECOND);
    connection.check();
    connection.check();
    expect(events).toEqual(['3300 getToken']);
    connection.stop();
  });
});

describe('stop', () => {
  it.each([
    ['before a renewal', 10 * MINUTE, async () => tokenOf(2, HOUR)],
    ['while a call hangs', 55 * MINUTE + SECOND, hanging],
    ['between two attempts', 55 * MINUTE + SECOND, failing],
  ])('%s leaves no timer, listener or handler, and the client to the caller', async (_, atMs, next) => {
    const { client, connection, events, provider } = await connected(HOUR);
    provider.next = next;
    await world.pass(atMs);
    const before = [...events];
    connection.stop();
    expect(world.left()).toEqual({ listeners: 0, timers: 0 });
    connection.check();
    world.dispatch('window', 'online');
    await world.pass(3 * HOUR);
    expect(events).toEqual(before);
    expect(client).toMatchObject({ tokens: [], isDestroyed: false });
  });

  it('aborts the signal of the running call, and drops its token', async () => {
    const { client, connection, provider } = await connected(HOUR);
    let resolve = (_: unknown) => {};
    provider.next = () =>
      new Promise((resolveCall) => {
        resolve = resolveCall;
      });
    await world.pass(55 * MINUTE + SECOND);
    connection.stop();
    expect(provider.signals.at(-1)?.aborted).toBe(true);
    resolve(tokenOf(2, HOUR));
    await world.pass(MINUTE);
    expect(client.tokens).toEqual([]);
    expect(connection.accessToken).toBe('token-1');
  });

  it('ends a request for the time', async () => {
    const { connection } = await connected(HOUR);
    world.respond = hanging;
    world.setDeviceClock(HOUR);
    await world.pass(10 * SECOND);
    connection.stop();
    expect(world.left()).toEqual({ listeners: 0, timers: 0 });
  });

  it('may be called by a listener of the client while the client gets a new token: no handler follows', async () => {
    const { client, connection, events } = await connected(HOUR);
    client.updateToken = () => connection.stop();
    await world.pass(3 * HOUR);
    expect(events).toEqual(['3300 getToken']);
    expect(connection.accessToken).toBe('token-2');
    expect(world.left()).toEqual({ listeners: 0, timers: 0 });
  });

  it('may be called by getToken: nothing is left', async () => {
    const { connection, events, provider } = await connected(HOUR);
    provider.next = (signal) => {
      connection.stop();
      expect(signal.aborted).toBe(false);
      return hanging();
    };
    await world.pass(55 * MINUTE);
    expect(provider.signals.at(-1)?.aborted).toBe(true);
    expect(world.left()).toEqual({ listeners: 0, timers: 0 });
    expect(events).toEqual(['3300 getToken']);
  });

  it('may be called by a listener of the client that is destroyed at the end: no handler follows', async () => {
    const { client, connection, events, provider } = await connected(HOUR);
    provider.next = failing;
    client.destroy = () => connection.stop();
    await world.pass(2 * HOUR);
    expect(events.filter((line) => !line.includes('getToken'))).toEqual(['3540 ending down']);
  });

  it('leaves nothing after a handler that called check()', async () => {
    const { connection, provider } = await connected(HOUR, { onEnding: () => connection.check() });
    provider.next = failing;
    await world.pass(59 * MINUTE + SECOND);
    connection.stop();
    expect(world.left()).toEqual({ listeners: 0, timers: 0 });
  });

  it.each(['onRenewed', 'onEnding', 'onEnded'] as const)('may be called by %s', async (name) => {
    const calls: string[] = [];
    const { connection, provider } = await connected(HOUR, {
      [name]: () => {
        calls.push(name);
        connection.stop();
      },
    });
    if (name !== 'onRenewed') provider.next = failing;
    await world.pass(3 * HOUR);
    expect(calls).toEqual([name]);
    expect(world.left()).toEqual({ listeners: 0, timers: 0 });
  });
});

it.each([
  [
    'throws',
    () => {
      throw new Error('in a handler');
    },
  ],
  ['rejects', () => Promise.reject(new Error('in a handler'))],
])('a handler that %s changes nothing', async (_, handler) => {
  const log = jest.spyOn(console, 'error').mockImplementation(() => {});
  const { client, connection, provider } = await connected(HOUR, {
    onRenewed: handler,
    onEnding: handler,
    onEnded: handler,
  });
  await world.pass(2 * HOUR);
  expect(client.tokens).toEqual(['token-2', 'token-3']);
  provider.next = failing;
  await world.pass(2 * HOUR);
  expect(client.isDestroyed).toBe(true);
  expect(log.mock.calls.flat().map(String)).toEqual(Array(4).fill('Error: in a handler'));
  log.mockRestore();
  connection.stop();
});

import { writeFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type * as FlexSdk from '@twilio/flex-sdk';
import { type Sandbox, startSandbox } from '../../sandbox/server';
import type { Connection, FlexSession, FlexToken, GetToken } from '../../src/client/flex-auth';
import { CODE_VERIFIER, loginUrlFor, press } from '../sandbox/sign-in';
import { enterWorld, type World } from './support/world';

// A shift of twelve hours with the real Flex SDK, at the sandbox, on a clock that this test controls.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const SHIFT = 12 * HOUR;
const PAGE = 'https://flex.example/login.html';

let sdk: typeof FlexSdk;
let sandbox: Sandbox;
let endInterception: () => void;
let world: World;
/** The real `fetch`, with Twilio's hosts led to the sandbox. */
let fetchFromTwilio: typeof fetch;
const realFetch = globalThis.fetch;

beforeAll(async () => {
  // The SDK is made for browsers: it looks for its environment on the window.
  Object.assign(globalThis, { window: globalThis });
  sdk = await import('@twilio/flex-sdk');
  sandbox = await startSandbox({ trustedRedirectUrls: [PAGE], now: () => world.serverNow() });
  // Not by `import`: the interception is for Node, and has other types for streams than the browser's that hold here.
  const { interceptTwilio } = jest.requireActual<{ interceptTwilio(origin: string): () => void }>(
    '../../sandbox/interception',
  );
  endInterception = interceptTwilio(sandbox.origin);
  fetchFromTwilio = globalThis.fetch;
});
afterAll(async () => {
  endInterception();
  await sandbox.close();
});
afterEach(() => world.leave());

/** What is wrong with the provider of tokens, for as many calls as there are entries. */
type Fault = 'fails' | 'hangs' | 'garbage' | 'same token';

/** How many requests are waiting for the sandbox. While there are any, the clock stands still. */
let waiting = 0;
let faults: Fault[] = [];
const seen = { calls: 0, atOnce: 0, mostAtOnce: 0, last: undefined as unknown };

/** Waits for the sandbox with `request`, or does what the next fault says instead. */
async function provide<T>(request: () => Promise<T>): Promise<T> {
  const fault = faults.shift();
  if (fault === 'fails') throw new Error('The provider is down');
  if (fault === 'hangs') return new Promise<never>(() => {});
  if (fault === 'garbage') return { html: '<h1>Bad gateway</h1>' } as T;
  if (fault === 'same token') return seen.last as T;
  waiting += 1;
  const result = await request().finally(() => {
    waiting -= 1;
  });
  seen.last = result;
  return result;
}

/** Lets the requests that wait for the sandbox get their responses. Libraries on the way wait for timers of a few milliseconds. */
async function settle(): Promise<void> {
  do {
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    if (waiting > 0) jest.advanceTimersByTime(1);
  } while (waiting > 0);
}

async function mintAtTwilio(lifetimeMs: number) {
  const { flexUserSid } = sandbox.users.agent;
  const url = `${sandbox.origin}/flex-api.twilio.com/v4/Instances/${sandbox.instanceSid}/Users/${flexUserSid}/Tokens`;
  const response = await realFetch(url, {
    method: 'POST',
    headers: {
      Authorization: `Basic ${btoa(`${sandbox.accountSid}:${sandbox.authToken}`)}`,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({ ttl: lifetimeMs / SECOND }),
  });
  return (await response.json()) as { access_token: string; token_info: { expiration: string } };
}

/** The session that the sign-in page hands to `signIn()`. */
async function signedIn(lifetimeMs: number): Promise<FlexSession> {
  sandbox.reset();
  sandbox.signIn.configure({ accessTokenSeconds: lifetimeMs / SECOND });
  const { location } = await press(sandbox, loginUrlFor(sandbox, { redirectUrl: PAGE }), 'Example Agent');
  const { ssoProfileSid, accountSid } = sandbox;
  const code = location?.searchParams.get('code') ?? '';
  const tokens = await sdk.exchangeToken({ code, codeVerifier: CODE_VERIFIER, nonce: 'n', ssoProfileSid });
  const { identity, roles, dateExpired } = await sdk.validateToken(accountSid, tokens.accessToken);
  const expiresAt = new Date(String(dateExpired)).toISOString();
  return { ...tokens, expiresAt, identity, roles, accountSid, ssoProfileSid };
}

/** Where the tokens come from: each is a `getToken`, with the trouble of `provide` at the place that provides. */
const SOURCES: Readonly<Record<string, (lifetimeMs: number) => Promise<GetToken>>> = {
  async 'signIn() and sessionTokens()'(lifetimeMs) {
    const session = await signedIn(lifetimeMs);
    return world.client.sessionTokens(session, {
      refreshToken: (options) => provide(() => sdk.refreshToken(options)),
      async validateToken(accountSid, token) {
        waiting += 1;
        return sdk.validateToken(accountSid, token).finally(() => {
          waiting -= 1;
        });
      },
    });
  },
  async 'flexAuth.mint()'(lifetimeMs) {
    const flexAuth = world.client.createFlexAuth({ service: 'https://flex.example', token: () => 'a.provider.token' });
    const { respond } = world;
    world.respond = async (url, init) => {
      if (url !== 'https://flex.example/mint') return respond(url, init);
      const minted = await provide(() => mintAtTwilio(lifetimeMs));
      return Response.json(minted, { status: 201, headers: { Date: world.serverDate() } });
    };
    return ({ signal }) => flexAuth.mint({ ttl: lifetimeMs / SECOND }, { signal });
  },
  async 'a server of the customer'(lifetimeMs) {
    return () =>
      provide(async (): Promise<FlexToken> => {
        const { access_token, token_info } = await mintAtTwilio(lifetimeMs);
        return { accessToken: access_token, expiresAt: token_info.expiration };
      });
  },
};

interface Shift {
  readonly renewals: number;
  readonly calls: number;
  /** The longest time that the client's token was past its expiry while the device was awake and online. */
  readonly gapSeconds: number;
  readonly handlers: string;
  readonly timeRequests: number;
}

const once = (isDue: () => boolean, act: () => void): (() => void) => {
  let isDone = false;
  return () => {
    if (isDone || !isDue()) return;
    isDone = true;
    act();
  };
};

async function work(source: keyof typeof SOURCES, lifetimeMs: number, trouble: Trouble): Promise<Shift> {
  world = await enterWorld(trouble.world);
  const { respond } = world;
  world.respond = (url, init) =>
    new URL(url).hostname === 'app.example.com' ? respond(url, init) : fetchFromTwilio(url, init);
  const startMs = world.serverNow();
  Object.assign(seen, { calls: 0, atOnce: 0, mostAtOnce: 0 });
  faults = [];
  if (trouble.isInBackground) slowTimersDown();
  const makeGetToken = SOURCES[source];
  if (!makeGetToken) throw new Error(source);
  const getToken = await makeGetToken(lifetimeMs);
  const handlers: string[] = [];
  let renewals = 0;

  const starting = world.client.connect({
    createClient: async (token: string, options?: Parameters<typeof sdk.createClient>[1]) => {
      waiting += 1;
      return sdk.createClient(token, options).finally(() => {
        waiting -= 1;
      });
    },
    clientOptions: { logger: { level: 'silent' }, telemetryOptions: { disabled: true } },
    async getToken({ signal }) {
      seen.calls += 1;
      seen.atOnce += 1;
      seen.mostAtOnce = Math.max(seen.mostAtOnce, seen.atOnce);
      let hasEnded = false;
      const end = () => {
        if (!hasEnded) seen.atOnce -= 1;
        hasEnded = true;
      };
      signal.addEventListener('abort', end);
      return getToken({ signal }).finally(end);
    },
    onRenewed() {
      renewals += 1;
    },
    onEnding: () => void handlers.push('onEnding'),
    onEnded: () => void handlers.push('onEnded'),
  });
  let isStarting = true;
  void starting.finally(() => {
    isStarting = false;
  });
  while (isStarting) await settle();
  const connection = await starting;
  const { client } = connection;
  expect(client.token).toBe(connection.accessToken);

  const expiries = new Map<string, number>();
  let longestGapMs = 0;
  let expiredSinceMs: number | undefined;
  const act = trouble.plan?.({
    connection,
    atMs: (ms) => world.serverNow() - startMs >= ms,
    untilDueMs: () => Date.parse(connection.expiresAt) - 5 * MINUTE - world.serverNow(),
  });
  const endMs = startMs + SHIFT;
  while (world.serverNow() < endMs && jest.getTimerCount() > 0) {
    let before = seen.calls + world.requests.length;
    const settleIfBusy = async () => {
      await null;
      if (seen.calls + world.requests.length > before) await settle();
      before = seen.calls + world.requests.length;
    };
    jest.advanceTimersToNextTimer();
    await settleIfBusy();
    act?.();
    await settleIfBusy();
    expiries.set(connection.accessToken, Date.parse(connection.expiresAt));
    const hasExpired = world.serverNow() > (expiries.get(client.token) ?? 0);
    // Time awake: `performance.now()` stands still in a sleep.
    const nowMs = performance.now();
    longestGapMs = Math.max(longestGapMs, nowMs - (expiredSinceMs ?? nowMs));
    expiredSinceMs = hasExpired && navigator.onLine ? (expiredSinceMs ?? nowMs) : undefined;
  }
  expect(seen.mostAtOnce).toBe(1);
  expect(client.token).toBe(connection.accessToken);
  const timeRequests = world.requests.filter((request) => request.startsWith('HEAD')).length;
  connection.stop();
  expect(world.left()).toEqual({ listeners: 0, timers: 0 });
  const gapSeconds = Math.round(longestGapMs / SECOND);
  return { renewals, calls: seen.calls, gapSeconds, handlers: handlers.join(', '), timeRequests };
}

/** A background tab: a timer fires at the next full minute. */
function slowTimersDown(): void {
  const { setTimeout } = globalThis;
  const slow = (run: () => void, delayMs = 0) => {
    const minutes = Math.ceil((performance.now() + delayMs) / MINUTE);
    return setTimeout(run, minutes * MINUTE - performance.now());
  };
  Object.assign(globalThis, { setTimeout: Object.assign(slow, setTimeout) });
}

interface Trouble {
  readonly name: string;
  readonly world?: { deviceAheadMs: number };
  readonly isInBackground?: true;
  readonly plan?: (shift: {
    connection: Connection<FlexSdk.Client>;
    atMs(ms: number): boolean;
    untilDueMs(): number;
  }) => () => void;
  /** How many calls more than renewals there are. Default: 1, the first. */
  readonly extraCalls?: number;
  readonly longestGapSeconds?: number;
}

/** Some minutes before a renewal in the fourth hour, `faults` are set for its calls. */
const faulty = (...next: Fault[]): NonNullable<Trouble['plan']> => {
  return ({ atMs, untilDueMs }) =>
    once(
      () => atMs(3 * HOUR) && untilDueMs() > 0,
      () => {
        faults = [...next];
      },
    );
};

const both =
  (...actions: (() => void)[]) =>
  () => {
    for (const action of actions) action();
  };

const TROUBLES: readonly Trouble[] = [
  { name: 'none' },
  {
    name: '40 minutes of sleep',
    plan: ({ atMs }) =>
      once(
        () => atMs(3 * HOUR),
        () => world.sleep(40 * MINUTE),
      ),
    longestGapSeconds: 5,
  },
  {
    name: '5 minutes offline',
    plan: ({ atMs, untilDueMs }) => {
      let backMs = Number.POSITIVE_INFINITY;
      return both(
        once(
          () => atMs(3 * HOUR) && untilDueMs() > 0 && untilDueMs() < MINUTE,
          () => {
            world.setOnline(false);
            backMs = world.serverNow() + 5 * MINUTE;
          },
        ),
        once(
          () => world.serverNow() >= backMs,
          () => world.setOnline(true),
        ),
      );
    },
  },
  { name: 'provider fails three times', plan: faulty('fails', 'fails', 'fails'), extraCalls: 4 },
  { name: 'provider hangs once', plan: faulty('hangs'), extraCalls: 2 },
  { name: 'provider returns garbage once', plan: faulty('garbage'), extraCalls: 2 },
  { name: 'provider returns the same token once', plan: faulty('same token'), extraCalls: 2 },
  { name: 'background tab, timers once a minute', isInBackground: true },
  { name: 'device clock 2 hours slow', world: { deviceAheadMs: -2 * HOUR } },
  { name: 'device clock 2 hours fast', world: { deviceAheadMs: 2 * HOUR } },
  {
    name: 'device clock set ahead, then back',
    plan: ({ atMs }) =>
      both(
        once(
          () => atMs(3 * HOUR),
          () => world.setDeviceClock(2 * HOUR),
        ),
        once(
          () => atMs(6 * HOUR),
          () => world.setDeviceClock(-4 * HOUR),
        ),
      ),
  },
  {
    name: 'sign-out after 6 hours',
    plan: ({ atMs, connection }) =>
      once(
        () => atMs(6 * HOUR),
        () => {
          connection.stop();
          connection.client.destroy();
        },
      ),
  },
];

const table: string[] = [];
afterAll(() => {
  const head = ['source', 'lifetime', 'trouble', 'renewals', 'calls', 'longest gap', 'handlers', 'HEAD'];
  const file = process.env.SHIFT_TABLE;
  if (file)
    writeFileSync(file, [`| ${head.join(' | ')} |`, `|${' --- |'.repeat(head.length)}`, ...table, ''].join('\n'));
});

describe.each(Object.keys(SOURCES))('a shift of 12 hours with tokens from %s', (source) => {
  describe.each([
    ['10 minutes', 10 * MINUTE],
    ['an hour', HOUR],
  ])('that last %s', (lifetime, lifetimeMs) => {
    it.each(TROUBLES.map((trouble) => [trouble.name, trouble] as const))(
      'keeps the client signed in; trouble: %s',
      async (name, trouble) => {
        const shift = await work(source, lifetimeMs, trouble);
        const { renewals, calls, gapSeconds, handlers, timeRequests } = shift;
        table.push(
          `| ${[source, lifetime, name, renewals, calls, `${gapSeconds} s`, handlers || '-', timeRequests].join(' | ')} |`,
        );
        expect({ gap: gapSeconds <= (trouble.longestGapSeconds ?? 0), handlers, extraCalls: calls - renewals }).toEqual(
          {
            gap: true,
            handlers: '',
            extraCalls: trouble.extraCalls ?? 1,
          },
        );
        const workedMs = name.startsWith('sign-out') ? 6 * HOUR : SHIFT;
        expect(renewals).toBeGreaterThanOrEqual(Math.floor(workedMs / lifetimeMs) - 1);
        expect(renewals).toBeLessThanOrEqual(
          Math.ceil(workedMs / Math.max(lifetimeMs - 5 * MINUTE, lifetimeMs / 2)) + 1,
        );
      },
    );
  });
});

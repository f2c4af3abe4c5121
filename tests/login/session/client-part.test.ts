import { createClientPart } from '../../../src/login/session/client-part';
import type { ClientFactory } from '../../../src/login/session/live-session';
import { unshared } from '../../../src/login/session/sharing';
import { LIVE_SESSION } from '../support/flow-page';
import { manualTime, memoryStore } from '../support/memory';
import { ACCOUNT_SID } from '../support/service';

const SETTINGS = { accountSid: ACCOUNT_SID, telemetry: false, logLevel: 'error' } as const;
const EVENTS = { renewed() {}, ending() {}, ended() {}, signedOut() {} };

interface Client {
  readonly token: string;
  destroy(): void;
}

function part() {
  const created: { token: string; destroy: jest.Mock }[] = [];
  const time = manualTime();
  const factory: ClientFactory<Client> = {
    async create(token) {
      const client = { token, destroy: jest.fn() };
      created.push(client);
      return client;
    },
    update() {},
    syncTime: async () => {},
    keepRenewed: ({ first }) => ({ token: first, stop() {} }),
  };
  const never = () => new Promise<never>(() => {});
  const { startAhead, startSession } = createClientPart(factory, { sharing: unshared, refreshToken: never });
  const page = {
    sdk: { validateToken: never },
    now: time.now,
    timers: time,
    syncTime: async () => {},
    storage: memoryStore(),
  };
  const start = () => startSession(page, LIVE_SESSION, SETTINGS, EVENTS);
  return { created, startAhead, start };
}

it('uses the client that was started while the session was read', async () => {
  const { created, startAhead, start } = part();
  startAhead(LIVE_SESSION.accessToken, SETTINGS);
  await start();
  expect(created).toHaveLength(1);
});

it('uses that client once: a retry creates another one', async () => {
  const { created, startAhead, start } = part();
  startAhead(LIVE_SESSION.accessToken, SETTINGS);
  await start();
  await start();
  expect(created).toHaveLength(2);
});

it('creates one client if the session started before the client could be started ahead', async () => {
  const { created, startAhead, start } = part();
  const starting = start();
  startAhead(LIVE_SESSION.accessToken, SETTINGS);
  await starting;
  expect(created).toHaveLength(1);
});

it('destroys a client that was started for a session that is then refused', async () => {
  const { created, startAhead } = part();
  const cancel = startAhead('refused', SETTINGS);
  cancel();
  await new Promise((done) => setImmediate(done));
  expect(created[0]?.destroy).toHaveBeenCalledTimes(1);
});

it('does not give the client of one token to the session of another', async () => {
  const { created, startAhead, start } = part();
  startAhead('another', SETTINGS);
  await start();
  expect(created.map(({ token }) => token)).toEqual(['another', LIVE_SESSION.accessToken]);
});

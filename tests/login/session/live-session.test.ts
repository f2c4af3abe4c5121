import { Failure } from '../../../src/login/failures/failure';
import { type ClientFactory, startLiveSession } from '../../../src/login/session/live-session';
import { resumeSession } from '../../../src/login/session/resume';
import type { Session } from '../../../src/login/session/session';
import { type Sharing, type SharingTab, unshared } from '../../../src/login/session/sharing';
import { INFO, LIVE_SESSION, later } from '../support/flow-page';
import { manualTime, memoryStore } from '../support/memory';
import { ACCOUNT_SID } from '../support/service';

const SETTINGS = { accountSid: ACCOUNT_SID, telemetry: false, logLevel: 'error' } as const;

type RenewalOptions = Parameters<ClientFactory<Client>['keepRenewed']>[0];
interface Client {
  destroy(): void;
}

/** A tab whose renewals happen when the test says so. */
function tab(sharing: Partial<Sharing> = {}) {
  const time = manualTime();
  const told: string[] = [];
  const client = later<Client>();
  const joined: SharingTab[] = [];
  let renewal: RenewalOptions | undefined;
  let token: Pick<Session, 'expiresAt'> = LIVE_SESSION;
  const factory: ClientFactory<Client> = {
    create: () => client.promise,
    update() {},
    syncTime: async () => {},
    keepRenewed(options) {
      renewal = options;
      return {
        get token() {
          return token;
        },
        stop() {},
      };
    },
  };
  const tools = {
    sdk: {
      refreshToken: async () => ({ accessToken: 'access2', refreshToken: 'refresh2' }),
      validateToken: async () => ({ ...INFO, dateExpired: '2030-01-01T14:00:00Z' }),
    },
    now: time.now,
    syncTime: async () => {},
    timers: time,
    storage: memoryStore({ 'flex-auth:session': LIVE_SESSION }),
    sharing: {
      ...unshared,
      join(joining: SharingTab) {
        joined.push(joining);
        return () => {};
      },
      ...sharing,
    },
  };
  const start = async () => {
    const live = await startLiveSession(factory, tools, LIVE_SESSION, SETTINGS, {
      renewed: () => told.push('renewed'),
      ending: (reason) => told.push(`ending: ${reason}`),
      ended: () => told.push('ended'),
      signedOut: () => told.push('signed out'),
    });
    told.push('started');
    return live;
  };
  /** As `keepRenewed` renews when it is due. */
  const renew = async () => {
    token = (await renewal?.getToken()) ?? token;
    renewal?.onRenewed();
  };
  /** As `keepRenewed` warns when renewal keeps failing. */
  const warn = () => renewal?.onEnding();
  return { time, told, client, joined, tools, start, renew, warn };
}

async function startedTab(sharing?: Partial<Sharing>) {
  const made = tab(sharing);
  made.client.come({ destroy() {} });
  const live = await made.start();
  await made.time.pass(0);
  return { ...made, live };
}

it('signs out, once it has started, a tab that another tab signed out while its client was starting', async () => {
  let isSignedOut = false;
  const { told, client, time, start } = tab({ latest: async (session) => (isSignedOut ? 'ended' : session) });
  const starting = start();
  isSignedOut = true;
  client.come({ destroy() {} });
  await starting;
  await time.pass(0);
  expect(told).toEqual(['started', 'signed out']);
});

it('does not sign out a tab that has been stopped meanwhile', async () => {
  const { told, client, time, start } = tab({ latest: async () => 'ended' });
  client.come({ destroy() {} });
  (await start()).stop();
  await time.pass(0);
  expect(told).toEqual(['started']);
});

const signedOutElsewhere: Partial<Sharing> = { renewOnce: () => Promise.reject(new Failure('ended')) };

it('signs out a tab if its renewal finds that another tab signed out', async () => {
  const { told, renew } = await startedTab(signedOutElsewhere);
  await expect(renew()).rejects.toMatchObject({ kind: 'ended' });
  expect(told).toEqual(['started', 'signed out']);
});

it('keeps a tab signed out if the renewal at its start finds that another tab signed out', async () => {
  const { tools } = tab(signedOutElsewhere);
  const expired = { ...LIVE_SESSION, expiresAt: '2030-01-01T11:00:00Z' };
  expect(await resumeSession(tools, expired, { renewing() {}, bring: async () => {} })).toBe(false);
  expect([...tools.storage.map.keys()]).toEqual(['flex-auth:signed-out']);
});

const RENEWED: Session = { ...LIVE_SESSION, accessToken: 'access2', expiresAt: '2030-01-01T14:00:00Z' };

it('announces a session that another tab has renewed once, not again when its own renewal is due', async () => {
  const { told, joined, live, renew } = await startedTab();
  joined[0]?.replaced(RENEWED);
  await renew();
  expect(told).toEqual(['started', 'renewed']);
  expect(live.session).toEqual(RENEWED);
});

it('announces again what another tab has renewed if it warned meanwhile, so that the warning goes away', async () => {
  const { told, joined, renew, warn } = await startedTab();
  joined[0]?.replaced(RENEWED);
  warn();
  await renew();
  expect(told).toEqual(['started', 'renewed', 'ending: not-renewed', 'renewed']);
});

it('announces each of its own renewals', async () => {
  const { told, renew, tools } = await startedTab();
  await renew();
  tools.sdk.refreshToken = async () => ({ accessToken: 'access3', refreshToken: 'refresh3' });
  tools.sdk.validateToken = async () => ({ ...INFO, dateExpired: '2030-01-01T15:00:00Z' });
  await renew();
  expect(told).toEqual(['started', 'renewed', 'renewed']);
});

it('goes on with new tokens that the store has no room for, and keeps no spent ones there', async () => {
  const { told, live, renew, tools } = await startedTab();
  tools.storage.setItem = () => {
    throw new DOMException('full', 'QuotaExceededError');
  };
  await renew();
  expect(told).toEqual(['started', 'renewed']);
  expect(live.session.accessToken).toBe('access2');
  expect(tools.storage.map.has('flex-auth:session')).toBe(false);
});

import type { Session } from '../../../src/login/session/session';
import { createSharing, type SharingTools, type TabChannel } from '../../../src/login/session/sharing';
import { later } from '../support/flow-page';
import { manualTime, memoryStore } from '../support/memory';
import { ACCOUNT_SID } from '../support/service';

const SESSION: Session = {
  accessToken: 'a1',
  refreshToken: 'r1',
  expiresAt: '2030-01-01T13:00:00Z',
  identity: 'ada',
  roles: ['agent'],
  accountSid: ACCOUNT_SID,
  ssoProfileSid: 'JB1',
};
const RENEWED: Session = { ...SESSION, accessToken: 'a2', refreshToken: 'r2', expiresAt: '2030-01-01T14:00:00Z' };

/** One browser: what its tabs have in common. */
function browser() {
  const time = manualTime();
  const record = memoryStore();
  const channels = new Map<TabChannel, (event: { data: unknown }) => void>();
  let lock: Promise<unknown> = Promise.resolve();
  const alone: SharingTools['alone'] = (_, task) => {
    const run = lock.then(task, task);
    // As in a browser, messages usually arrive before the next tab gets the lock.
    lock = run.catch(() => {}).then(() => new Promise((done) => setTimeout(done)));
    return run;
  };
  /** A tab that holds the session; without one, a tab that is loading. */
  function openTab(session?: Session) {
    const channel: TabChannel = {
      postMessage(data) {
        for (const [other, listener] of channels) if (other !== channel) setImmediate(() => listener({ data }));
      },
      addEventListener: (_, listener) => void channels.set(channel, listener),
    };
    const hash = async (text: string) => `hash-of-${text}`;
    const sharing = createSharing({ timers: time, record, channel, alone, hash });
    const tab = { session, isSignedOut: false, sharing, close: () => void channels.delete(channel) };
    if (session) {
      sharing.join({
        current: () => tab.session ?? session,
        replaced: (renewed) => {
          tab.session = renewed;
        },
        signedOut: () => {
          tab.isSignedOut = true;
        },
      });
    }
    return tab;
  }
  const renew = jest.fn(async () => RENEWED);
  /** As a tab renews: it notes the new tokens as soon as they are there. */
  const renewIn = (tab: ReturnType<typeof openTab>, old = SESSION) =>
    tab.sharing.renewOnce(old, async () => {
      const renewed = await renew();
      await tab.sharing.replace(old, renewed);
      tab.session = renewed;
      return renewed;
    });
  /** Delivers all messages between the tabs before the time limit of a reply. */
  const waitForReplies = async () => {
    await new Promise((done) => setTimeout(done, 50));
    await time.pass(1_000);
  };
  return { time, record, openTab, renew, renewIn, waitForReplies };
}

it('renews once if two tabs renew the same session at the same time, and both get the result', async () => {
  const { openTab, renewIn, renew } = browser();
  const [one, other] = [openTab(SESSION), openTab(SESSION)];
  expect(await Promise.all([renewIn(one), renewIn(other)])).toEqual([RENEWED, RENEWED]);
  expect(renew).toHaveBeenCalledTimes(1);
});

it('passes a renewed session to a tab that was not about to renew it', async () => {
  const { openTab, renewIn, time } = browser();
  const [one, other] = [openTab(SESSION), openTab(SESSION)];
  await renewIn(one);
  await time.pass(0);
  expect(other.session).toEqual(RENEWED);
});

it('passes nothing to a tab that holds another session', async () => {
  const { openTab, renewIn, time } = browser();
  const [one, other] = [openTab(SESSION), openTab({ ...SESSION, accessToken: 'b1' })];
  await renewIn(one);
  await time.pass(0);
  expect(other.session?.accessToken).toBe('b1');
});

it('gives a tab that loads with replaced tokens the current ones', async () => {
  const { openTab, renewIn } = browser();
  await renewIn(openTab(SESSION));
  expect(await openTab().sharing.latest(SESSION)).toEqual(RENEWED);
});

it('refuses to renew with spent tokens if the tab that renewed them is closed', async () => {
  const { openTab, renewIn, renew, waitForReplies } = browser();
  const one = openTab(SESSION);
  await renewIn(one);
  one.close();
  const outcome = expect(renewIn(openTab(SESSION))).rejects.toMatchObject({ kind: 'refused' });
  await waitForReplies();
  await outcome;
  expect(renew).toHaveBeenCalledTimes(1);
});

it('gives two tabs that load at the same time, neither of them signed in yet, the result of one renewal', async () => {
  const { openTab, renewIn, renew, waitForReplies } = browser();
  const outcome = Promise.allSettled([renewIn(openTab()), renewIn(openTab())]);
  await waitForReplies();
  const fulfilled = { status: 'fulfilled', value: RENEWED };
  expect(await outcome).toEqual([fulfilled, fulfilled]);
  expect(renew).toHaveBeenCalledTimes(1);
});

it('gives a tab that loads while the renewing tab starts its client the renewed session', async () => {
  const { openTab, renewIn, waitForReplies } = browser();
  await renewIn(openTab());
  const latest = openTab().sharing.latest(SESSION);
  await waitForReplies();
  expect(await latest).toEqual(RENEWED);
});

it('gives a waiting tab the renewed session even if the renewing tab closes right after', async () => {
  const { openTab, renewIn, renew, waitForReplies } = browser();
  const responding = later<Session>();
  renew.mockReturnValue(responding.promise);
  const one = openTab();
  const first = renewIn(one).then(one.close);
  const second = renewIn(openTab()).catch((error: unknown) => error);
  await waitForReplies();
  responding.come(RENEWED);
  await first;
  await waitForReplies();
  expect(await second).toEqual(RENEWED);
});

it('passes nothing on after the sign-out, not even what it renewed before it was signed in', async () => {
  const { openTab, renewIn, record, waitForReplies } = browser();
  const [one, other] = [openTab(), openTab()];
  const renewals = Promise.all([renewIn(one), renewIn(other)]);
  await waitForReplies();
  await renewals;
  await one.sharing.signOut(RENEWED);
  await waitForReplies();
  // Without the record, the tabs that still hold the session would reply.
  record.setItem('flex-auth:successors', '[["hash-of-a1","hash-of-a2"]]');
  const latest = openTab().sharing.latest(SESSION);
  await waitForReplies();
  expect(await latest).toEqual(SESSION);
});

it('renews in the next tab if the renewal of the first one fails', async () => {
  const { openTab, renewIn, renew } = browser();
  renew.mockRejectedValueOnce(new Error('no'));
  const [one, other] = [openTab(SESSION), openTab(SESSION)];
  const results = await Promise.allSettled([renewIn(one), renewIn(other)]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
});

it('signs out all tabs that hold the session, also one that loads later or holds older tokens', async () => {
  const { openTab, renewIn, time } = browser();
  const [one, other, stranger] = [openTab(SESSION), openTab(SESSION), openTab({ ...SESSION, accessToken: 'b1' })];
  await renewIn(one);
  await one.sharing.signOut(RENEWED);
  await time.pass(0);
  expect([other.isSignedOut, stranger.isSignedOut]).toEqual([true, false]);
  expect(await openTab().sharing.latest(SESSION)).toBe('ended');
  expect(await openTab().sharing.latest(RENEWED)).toBe('ended');
});

it('signs out the tab with newer tokens if the person signs out in a tab that still holds older ones', async () => {
  const { openTab, renewIn, time } = browser();
  const newer = openTab(SESSION);
  await renewIn(newer);
  const older = openTab(SESSION);
  await older.sharing.signOut(SESSION);
  await time.pass(0);
  expect(newer.isSignedOut).toBe(true);
  expect(await openTab().sharing.latest(RENEWED)).toBe('ended');
});

it.each([
  ['that it has checked', SESSION],
  ['that it has renewed', RENEWED],
  ['that it took over from another tab', RENEWED],
] as const)('records a sign-out before signOut returns, for a session %s', async (how, session) => {
  const { openTab, renewIn, time, record } = browser();
  const [one, other] = [openTab(SESSION), openTab(SESSION)];
  if (how === 'that it has checked') await one.sharing.latest(SESSION);
  else await renewIn(how === 'that it has renewed' ? one : other);
  await time.pass(0);
  void one.sharing.signOut(session);
  expect(record.getItem('flex-auth:successors')).toContain(`["hash-of-${session.accessToken}","ended"]`);
});

it('keeps the session signed out if its renewal in another tab responds after the sign-out', async () => {
  const { openTab, renewIn, renew, time, waitForReplies } = browser();
  const responding = later<Session>();
  renew.mockReturnValue(responding.promise);
  const renewal = renewIn(openTab(SESSION));
  await time.pass(0);
  await openTab(SESSION).sharing.signOut(SESSION);
  await waitForReplies();
  responding.come(RENEWED);
  await renewal;
  const found = Promise.all([SESSION, RENEWED].map((session) => openTab().sharing.latest(session)));
  await waitForReplies();
  expect(await found).toEqual(['ended', 'ended']);
});

it('signs out a tab that held the new tokens, but had not noted them yet, when the sign-out arrived', async () => {
  const { openTab, waitForReplies } = browser();
  const [one, other] = [openTab(SESSION), openTab(SESSION)];
  one.session = RENEWED;
  await other.sharing.signOut(SESSION);
  await waitForReplies();
  await one.sharing.replace(SESSION, RENEWED);
  expect(one.isSignedOut).toBe(true);
});

it('continues a session that the person signed in with again after the sign-out, until the next sign-out', async () => {
  const { openTab } = browser();
  const { sharing } = openTab(SESSION);
  await sharing.signOut(SESSION);
  await sharing.signInAgain(SESSION);
  expect(await openTab().sharing.latest(SESSION)).toBe(SESSION);
  await sharing.signOut(SESSION);
  expect(await openTab().sharing.latest(SESSION)).toBe('ended');
});

it('keeps later tokens signed out if the person signs in again with earlier ones', async () => {
  const { openTab, renewIn } = browser();
  const { sharing } = openTab();
  await renewIn(openTab(SESSION));
  await sharing.signOut(RENEWED);
  await sharing.signInAgain(SESSION);
  expect(await sharing.latest(SESSION)).toBe(SESSION);
  expect(await sharing.latest(RENEWED)).toBe('ended');
});

it('remembers that tokens are spent if the person signs in with them while the session is live', async () => {
  const { openTab, renewIn } = browser();
  await renewIn(openTab(SESSION));
  const { sharing } = openTab();
  await sharing.signInAgain(SESSION);
  expect(await sharing.latest(SESSION)).toEqual(RENEWED);
});

it('records nothing secret, and no more than 100 entries', async () => {
  const { openTab, record } = browser();
  const { sharing } = openTab(SESSION);
  for (let at = 0; at < 150; at += 1) {
    await sharing.replace({ ...SESSION, accessToken: `t${at}` }, { accessToken: `t${at + 1}` });
  }
  const kept: unknown = JSON.parse(record.getItem('flex-auth:successors') ?? '');
  expect(kept).toHaveLength(100);
  expect(record.getItem('flex-auth:successors')).not.toMatch(/"(t\d+|r1)"/);
});

it('survives a record that loops or cannot be read', async () => {
  const { openTab, record } = browser();
  record.setItem('flex-auth:successors', 'not JSON');
  expect(await openTab().sharing.latest(SESSION)).toBe(SESSION);
  record.setItem('flex-auth:successors', '[["hash-of-a1","x"],["x","hash-of-a1"],7]');
  expect(await openTab().sharing.latest(SESSION)).toBe(SESSION);
});

describe('with a record that is full', () => {
  const fullBrowser = () => {
    const made = browser();
    made.record.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    return made;
  };

  it('signs out the open tabs that hold the session', async () => {
    const { openTab, time } = fullBrowser();
    const [one, other] = [openTab(SESSION), openTab(SESSION)];
    await expect(one.sharing.signOut(SESSION)).rejects.toThrow('full');
    await time.pass(0);
    expect(other.isSignedOut).toBe(true);
  });

  it('renews once if two tabs renew at the same time', async () => {
    const { openTab, renew } = fullBrowser();
    const [one, other] = [openTab(SESSION), openTab(SESSION)];
    const results = [one, other].map(({ sharing }) => sharing.renewOnce(SESSION, renew));
    expect(await Promise.all(results)).toEqual([RENEWED, RENEWED]);
    expect(renew).toHaveBeenCalledTimes(1);
  });
});

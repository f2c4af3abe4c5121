import { Failure } from '../../../src/login/failures/failure';
import type { FailureKind } from '../../../src/login/failures/sentences';
import { keepRenewed } from '../../../src/login/session/renewal';
import type { Session } from '../../../src/login/session/session';
import { manualTime } from '../support/memory';

const MINUTE = 60_000;

/** A session that lasts so many minutes, and grants as many again at each renewal unless told otherwise. */
function renewing(minutes: number, refresh?: (attempt: number) => number | Error, onRenewed = () => {}) {
  const time = manualTime();
  const log: string[] = [];
  const until = (minutesFromNow: number) => new Date(time.now() + minutesFromNow * MINUTE).toISOString();
  let attempts = 0;
  let session: Session = {
    ...{ accessToken: 'a', refreshToken: 'r', expiresAt: until(minutes), identity: 'ada', roles: [], accountSid: 'AC' },
  };
  const start = time.now();
  const minute = () => Math.round((time.now() - start) / 600) / 100;
  const renewal = keepRenewed({
    ...{ now: time.now, timers: time, current: () => session },
    async refresh() {
      const granted = refresh?.(++attempts) ?? minutes;
      log.push(`${minute()}: asked`);
      if (granted instanceof Error) throw granted;
      session = { ...session, expiresAt: granted === 0 ? session.expiresAt : until(granted) };
      return session;
    },
    renewed: () => {
      log.push(`${minute()}: renewed`);
      onRenewed();
    },
    ending: (reason: FailureKind) => log.push(`${minute()}: ${reason}`),
    ended: () => log.push(`${minute()}: ended`),
  });
  return { time, log, renewal, pass: (min: number) => time.pass(min * MINUTE) };
}

it('renews five minutes ahead of the expiry, again and again', async () => {
  const { log, pass } = renewing(60);
  await pass(120);
  expect(log).toEqual(['55: asked', '55: renewed', '110: asked', '110: renewed']);
});

it('renews a short session at half of its time', async () => {
  const { log, pass } = renewing(2);
  await pass(1.5);
  expect(log).toEqual(['1: asked', '1: renewed']);
});

it('tries again where no answer came, until the session is over and a minute more', async () => {
  const { log, pass } = renewing(60, () => new Failure('unreachable'));
  await pass(70);
  expect(log.at(0)).toBe('55: asked');
  expect(log.filter((line) => line.endsWith('asked')).length).toBeGreaterThan(10);
  expect(log.at(-1)).toMatch(/^61(\.\d+)?: ended$/);
});

it('goes on as before once an answer comes', async () => {
  const { log, pass } = renewing(60, (attempt) => (attempt < 3 ? new Failure('too-slow') : 60));
  await pass(60);
  expect(log).toEqual(['55: asked', '55.25: asked', '55.5: asked', '55.5: renewed']);
});

it('asks no more where Twilio refuses, and ends when the session does', async () => {
  const { log, pass } = renewing(60, () => new Failure('refused'));
  await pass(70);
  expect(log).toEqual(['55: asked', '55: not-renewed', '60: ended']);
});

it('takes new tokens that last no longer for the maximum lifetime', async () => {
  const { log, pass } = renewing(60, () => 0);
  await pass(70);
  expect(log).toEqual(['55: asked', '55: renewed', '55: maximum', '60: ended']);
});

it('renews at once when it is asked to look at the clock after a sleep', async () => {
  const { log, renewal, time } = renewing(60);
  time.sleep(180 * MINUTE);
  renewal.check();
  await time.pass(0);
  expect(log).toEqual(['180: asked', '180: renewed']);
});

it('renews when it is due, however often it is asked to look at the clock', async () => {
  const { log, renewal, pass } = renewing(60);
  for (let looks = 0; looks < 60 * 3; looks += 1) {
    await pass(1 / 3);
    renewal.check();
  }
  expect(log.slice(0, 2)).toEqual(['55: asked', '55: renewed']);
});

it('tries again at once where it is asked to look at the clock after a try without an answer', async () => {
  const { log, renewal, pass } = renewing(60, (attempt) => (attempt < 2 ? new Failure('unreachable') : 60));
  await pass(55.1);
  renewal.check();
  await pass(0);
  expect(log).toEqual(['55: asked', '55.1: asked', '55.1: renewed']);
});

it('says nothing more to who stops it as soon as it has renewed', async () => {
  const { log, pass, renewal } = renewing(
    60,
    () => 0,
    () => renewal.stop(),
  );
  await pass(70);
  expect(log).toEqual(['55: asked', '55: renewed']);
});

it('does nothing any more once it is stopped', async () => {
  const { log, pass, renewal } = renewing(60);
  renewal.stop();
  renewal.check();
  await pass(200);
  expect(log).toEqual([]);
});

it('outlasts a session of months without a timer that overflows', async () => {
  const { log, pass } = renewing(60 * 24 * 60);
  await pass(60 * 24 * 59);
  expect(log).toEqual([]);
});

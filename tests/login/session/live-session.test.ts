import { startLiveSession } from '../../../src/login/session/live-session';
import type { Session } from '../../../src/login/session/session';
import { manualTime, memoryStore } from '../support/memory';

const MINUTE = 60_000;

it('is not put back by the late answer to an earlier try, whose end nobody has asked for', async () => {
  const time = manualTime();
  const inAnHour = new Date(time.now() + 60 * MINUTE).toISOString();
  const session: Session = {
    ...{ accessToken: 'a1', refreshToken: 'r', expiresAt: inAnHour, identity: 'ada', roles: [] },
    ...{ accountSid: 'AC', ssoProfileSid: 'JB' },
  };
  let comeLate = (_: unknown) => {};
  const answers = [new Promise<unknown>((come) => (comeLate = come)), Promise.resolve({ accessToken: 'a3' })];
  const validateToken = async () => ({
    ...{ identity: 'ada', roles: [], accountSid: 'AC' },
    dateExpired: new Date(time.now() + 60 * MINUTE).toISOString(),
  });
  const sdk = { refreshToken: () => answers.shift() ?? never(), validateToken };
  const client = { destroy() {} };
  const live = await startLiveSession(
    { create: async () => client, update() {} },
    { sdk, storage: memoryStore(), now: time.now, timers: time },
    session,
    { accountSid: 'AC', telemetry: false, logLevel: 'error' },
    { renewed() {}, ending() {}, ended() {} },
  );
  await time.pass(56 * MINUTE);
  expect(live.session.accessToken).toBe('a3');
  comeLate({ accessToken: 'a2' });
  await time.pass(0);
  expect(live.session).toMatchObject({ accessToken: 'a3', expiresAt: expect.not.stringContaining(inAnHour) });
  live.stop();
});

const never = () => new Promise<never>(() => {});

import { refreshSession } from '../../../src/login/session/refresh';
import type { Session } from '../../../src/login/session/session';
import { manualTime } from '../support/memory';
import { ACCOUNT_SID } from '../support/service';

it('keeps the tokens of a refresh that responds too late, since the old ones are spent', async () => {
  const time = manualTime();
  const old: Session = {
    ...{ accessToken: 'a', refreshToken: 'r', expiresAt: '2030-01-01T13:00:00Z', identity: 'i', roles: [] },
    ...{ accountSid: ACCOUNT_SID, ssoProfileSid: 'JB1' },
  };
  let answer = (_: unknown) => {};
  const sdk = {
    refreshToken: () => new Promise((done) => (answer = done)),
    validateToken: never,
  };
  const keep = jest.fn();
  const holder = { current: () => old, keep };
  const refresh = refreshSession({ sdk, now: time.now, timers: time }, old, holder);
  const outcome = expect(refresh).rejects.toMatchObject({ kind: 'too-slow' });
  await time.pass(15_000);
  await outcome;
  answer({ accessToken: 'a2', refreshToken: 'r2' });
  await time.pass(0);
  expect(keep.mock.calls).toEqual([[{ ...old, accessToken: 'a2', refreshToken: 'r2' }]]);
});

function never(): Promise<never> {
  return new Promise(() => {});
}

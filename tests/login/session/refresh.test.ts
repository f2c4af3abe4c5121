import { refreshSession } from '../../../src/login/session/refresh';
import type { Session } from '../../../src/login/session/session';
import { unshared } from '../../../src/login/session/sharing';
import { manualTime } from '../support/memory';
import { ACCOUNT_SID } from '../support/service';

const OLD: Session = {
  accessToken: 'a',
  refreshToken: 'r',
  expiresAt: '2030-01-01T13:00:00Z',
  identity: 'i',
  roles: [],
  accountSid: ACCOUNT_SID,
  ssoProfileSid: 'JB1',
};

it('keeps the tokens of a refresh that responds too late, since the old ones are spent', async () => {
  const time = manualTime();
  let answer = (_: unknown) => {};
  const sdk = {
    refreshToken: () => new Promise((done) => (answer = done)),
    validateToken: never,
  };
  const keep = jest.fn();
  const holder = { current: () => OLD, keep };
  const refresh = refreshSession(
    { sdk, now: time.now, timers: time, syncTime: async () => {}, sharing: unshared },
    OLD,
    holder,
  );
  const outcome = expect(refresh).rejects.toMatchObject({ kind: 'too-slow' });
  await time.pass(15_000);
  await outcome;
  answer({ accessToken: 'a2', refreshToken: 'r2' });
  await time.pass(0);
  expect(keep.mock.calls).toEqual([[{ ...OLD, accessToken: 'a2', refreshToken: 'r2' }]]);
});

function never(): Promise<never> {
  return new Promise(() => {});
}

it('does not keep tokens that respond late if a later refresh has brought a new expiry', async () => {
  const time = manualTime();
  let respond = (_: unknown) => {};
  const sdk = { refreshToken: () => new Promise((done) => (respond = done)), validateToken: never };
  const keep = jest.fn();
  const renewed = { ...OLD, accessToken: 'a3', expiresAt: '2030-01-01T14:00:00Z' };
  const tools = { sdk, now: time.now, timers: time, syncTime: async () => {}, sharing: unshared };
  const refresh = refreshSession(tools, OLD, { current: () => renewed, keep });
  const outcome = expect(refresh).rejects.toMatchObject({ kind: 'too-slow' });
  await time.pass(15_000);
  await outcome;
  respond({ accessToken: 'a2', refreshToken: 'r2' });
  await time.pass(0);
  expect(keep).not.toHaveBeenCalled();
});

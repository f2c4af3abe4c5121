import type { Caller, FlexUserCaller } from '../../src/auth/caller';
import { authorize, refuseOneself, ttlWithin } from '../../src/auth/policy';
import type { FlexUserSid } from '../../src/settings/sids';

// What a permit says. `policy.service.test.ts` has who gets one, and `permits.types.ts` what does not compile.

const SID = `FU${'a'.repeat(32)}` as FlexUserSid;
const OTHER_SID = `FU${'b'.repeat(32)}` as FlexUserSid;
const OTHER = { flex_user_sid: OTHER_SID, username: 'other' };

const user = (known: Partial<FlexUserCaller>): FlexUserCaller => ({
  kind: 'flex-user',
  roles: ['admin'],
  flexUserSid: undefined,
  username: undefined,
  expiresAtMs: undefined,
  ...known,
});

const backend: Caller = { kind: 'backend-key', name: 'crm', scopes: ['mint', 'lookup', 'deprovision'] };

const bySid = (flexUserSid: FlexUserSid) => ({ by: 'flex_user_sid', flexUserSid }) as const;
const byName = (username: string) => ({ by: 'username', username }) as const;
const self = { by: 'self' } as const;

describe('a permit is for', () => {
  const known = user({ flexUserSid: SID, username: 'me' });

  it('one’s own user by SID, if the token has it', () => {
    expect(authorize(known, 'lookup', self).user).toEqual(bySid(SID));
    for (const reference of [self, bySid(SID), byName('me')]) {
      expect(authorize(known, 'mint', reference).user).toEqual(bySid(SID));
    }
  });

  it('one’s own user by username, if the token has only that', () => {
    for (const action of ['lookup', 'mint'] as const) {
      expect(authorize(user({ username: 'me' }), action, self).user).toEqual(byName('me'));
    }
  });

  it('a user to look up as they were named, oneself too', () => {
    for (const reference of [byName('me'), byName('other'), bySid(OTHER_SID)]) {
      expect(authorize(known, 'lookup', reference).user).toEqual(reference);
    }
  });

  it('anybody as a backend named them', () => {
    for (const reference of [byName('other'), bySid(OTHER_SID)]) {
      for (const action of ['lookup', 'mint', 'deprovision'] as const) {
        expect(authorize(backend, action, reference)).toMatchObject({ caller: backend, user: reference });
      }
    }
  });

  it('no user, if the token does not say whose it is', () => {
    expect(() => authorize(user({}), 'lookup', self)).toThrow(expect.objectContaining({ code: 'forbidden' }));
  });
});

describe('deprovisioning oneself', () => {
  const refusing = (caller: Caller, found: { flex_user_sid: FlexUserSid; username: string }) => () =>
    refuseOneself(authorize(caller, 'deprovision', byName('other')), found);
  const refusal = expect.objectContaining({ code: 'forbidden' });

  it('is recognized by SID or by user name, whichever the token says', () => {
    for (const admin of [user({ flexUserSid: SID }), user({ username: 'me' })]) {
      expect(refusing(admin, OTHER)).not.toThrow();
      expect(refusing(admin, { flex_user_sid: SID, username: 'me' })).toThrow(refusal);
    }
    const both = user({ flexUserSid: SID, username: 'me' });
    expect(refusing(both, OTHER)).not.toThrow();
    expect(refusing(both, { flex_user_sid: SID, username: 'other' })).toThrow(refusal);
    expect(refusing(both, { flex_user_sid: OTHER_SID, username: 'me' })).toThrow(refusal);
  });

  it('is recognized in other letters and another Unicode form', () => {
    const admin = user({ flexUserSid: SID, username: 'Zoë' });
    expect(refusing(admin, { flex_user_sid: SID.toUpperCase() as FlexUserSid, username: 'other' })).toThrow(refusal);
    expect(refusing(admin, { flex_user_sid: OTHER_SID, username: 'zoë'.normalize('NFD') })).toThrow(refusal);
  });

  it('cannot be ruled out if the token does not say whose it is', () => {
    expect(refusing(user({}), OTHER)).toThrow(refusal);
  });

  it('is nothing that a backend could do', () => {
    expect(refusing(backend, OTHER)).not.toThrow();
  });
});

describe('a minted token', () => {
  const NOW = Date.UTC(2030, 0, 1);
  const ttl = (leftMs: number | undefined, wished: number) =>
    ttlWithin(authorize(user({ flexUserSid: SID, expiresAtMs: leftMs && NOW + leftMs }), 'mint', self), wished);

  beforeEach(() => jest.spyOn(Date, 'now').mockReturnValue(NOW));
  afterEach(() => jest.restoreAllMocks());

  it.each([
    [10_000, 60, 10],
    [10_000, 10, 10],
    [10_000, 9, 9],
    [10_999, 60, 10],
    [1000, 60, 1],
  ])('with %d ms left and %d s requested lasts %d s', (leftMs, wished, seconds) => {
    expect(ttl(leftMs, wished)).toBe(seconds);
  });

  it.each([999, 0, -1000, undefined, Number.NaN])('is not granted if %d ms are left', (leftMs) => {
    expect(() => ttl(leftMs, 60)).toThrow(expect.objectContaining({ code: 'invalid_token' }));
  });

  it('lasts as long as a backend requests', () => {
    expect(ttlWithin(authorize(backend, 'mint', byName('other')), 3600)).toBe(3600);
  });
});

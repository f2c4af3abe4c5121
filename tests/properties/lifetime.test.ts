import fc from 'fast-check';
import type { Caller } from '../../src/auth/caller';
import { authorize, ttlWithin } from '../../src/auth/policy';
import { ApiError } from '../../src/errors';
import type { FlexUserSid } from '../../src/settings/sids';
import { tries } from '../support/arbitraries';

const flexUserSid: FlexUserSid = `FU${'0'.repeat(32)}`;
const agent = (expiresAtMs: number | undefined): Caller => ({
  kind: 'flex-user',
  roles: ['agent'],
  flexUserSid,
  username: 'agent@example.com',
  expiresAtMs,
});
const backend: Caller = { kind: 'backend-key', name: 'crm', scopes: ['mint'] };

const wished = fc.integer({ min: 1, max: 999_999_999 });
const anyTime = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity, 8.64e15, undefined),
);

afterEach(() => jest.restoreAllMocks());

describe('ttlWithin', () => {
  it('never lets a new token outlive the caller’s, nor last longer than requested, and cuts no more than necessary', () => {
    const now = fc.integer({ min: 0, max: 4e12 });
    const left = fc.oneof(fc.integer({ min: 0, max: 4000 }), fc.integer({ min: -1e6, max: 1e10 }));
    fc.assert(
      fc.property(wished, now, left, (wishedSeconds, nowMs, leftMs) => {
        jest.spyOn(Date, 'now').mockReturnValue(nowMs);
        const expiresAtMs = nowMs + leftMs;
        const permit = authorize(agent(expiresAtMs), 'mint', { by: 'self' });
        if (leftMs < 1000) {
          expect(() => ttlWithin(permit, wishedSeconds)).toThrow(ApiError);
          return;
        }
        const ttl = ttlWithin(permit, wishedSeconds);
        expect(Number.isInteger(ttl)).toBe(true);
        expect(ttl).toBeGreaterThanOrEqual(1);
        expect(ttl).toBeLessThanOrEqual(wishedSeconds);
        expect(nowMs + ttl * 1000).toBeLessThanOrEqual(expiresAtMs);
        expect(ttl === wishedSeconds || nowMs + (ttl + 1) * 1000 > expiresAtMs).toBe(true);
      }),
      tries(1000),
    );
  });

  it('gives no lifetime if the expiration is unknown, past, or not a time', () => {
    fc.assert(
      fc.property(wished, anyTime, (wishedSeconds, expiresAtMs) => {
        const nowMs = 1.7e12;
        jest.spyOn(Date, 'now').mockReturnValue(nowMs);
        const permit = authorize(agent(expiresAtMs), 'mint', { by: 'self' });
        const isLeft = expiresAtMs !== undefined && expiresAtMs - nowMs >= 1000;
        if (isLeft) expect(ttlWithin(permit, wishedSeconds)).toBeLessThanOrEqual((expiresAtMs - nowMs) / 1000);
        else expect(() => ttlWithin(permit, wishedSeconds)).toThrow(expect.objectContaining({ code: 'invalid_token' }));
      }),
      tries(500),
    );
  });

  it('gives a backend, which has no token, the requested lifetime', () => {
    fc.assert(
      fc.property(wished, (wishedSeconds) => {
        const permit = authorize(backend, 'mint', { by: 'flex_user_sid', flexUserSid });
        expect(ttlWithin(permit, wishedSeconds)).toBe(wishedSeconds);
      }),
      tries(100),
    );
  });
});

import fc from 'fast-check';
import { describeSession, parseSession, parseTokens } from '../../../src/login/session/session';
import { readSession, storeSession } from '../../../src/login/session/stored-session';
import { memoryStore } from '../support/memory';
import { ACCOUNT_SID } from '../support/service';

const text = fc.string({ minLength: 1 });
const session = fc.record(
  {
    accessToken: text,
    refreshToken: text,
    identity: text,
    username: text,
    accountSid: text,
    ssoProfileSid: text,
    expiresAt: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    roles: fc.array(fc.string()),
  },
  { requiredKeys: ['accessToken', 'identity', 'accountSid', 'expiresAt', 'roles'] },
);

describe('a session', () => {
  it('comes out of the store as it went in', () => {
    fc.assert(
      fc.property(session, (stored) => {
        const store = memoryStore();
        storeSession(store, stored);
        expect(readSession(store)).toEqual(stored);
      }),
    );
  });

  it('is never made of what is not one', () => {
    fc.assert(fc.property(fc.anything(), (value) => expect(parseSession(value)).toBeUndefined()));
  });

  it('is read from a store with anything in it without an exception', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const store = memoryStore();
        store.setItem('flex-auth:session', value);
        expect(readSession(store)).toBeUndefined();
      }),
    );
  });

  it('is made of tokens and of what Twilio says about them, whether it gives the expiry as text or as a date', () => {
    const info = { identity: 'ada_40x', realmUserId: 'ada@x', roles: ['agent'], accountSid: ACCOUNT_SID };
    const tokens = { accessToken: 'a', refreshToken: 'r' };
    for (const dateExpired of ['2030-01-01T12:00:00Z', new Date('2030-01-01T12:00:00Z')]) {
      expect(describeSession(tokens, { ...info, dateExpired }, ACCOUNT_SID, 'JB1')).toEqual({
        ...tokens,
        expiresAt: '2030-01-01T12:00:00.000Z',
        identity: 'ada_40x',
        username: 'ada@x',
        roles: ['agent'],
        accountSid: ACCOUNT_SID,
        ssoProfileSid: 'JB1',
      });
    }
  });

  it.each([{}, null, 'x', { identity: 'a' }, { identity: 'a', dateExpired: 'soon' }, { dateExpired: '2030-01-01' }])(
    'is refused where Twilio says no more of the token than %j',
    (info) => {
      expect(() => describeSession({ accessToken: 'a' }, info, ACCOUNT_SID)).toThrow('refused');
    },
  );

  it('is refused if there is no access token', () => {
    expect(() => parseTokens({ refreshToken: 'r' })).toThrow('refused');
  });
});

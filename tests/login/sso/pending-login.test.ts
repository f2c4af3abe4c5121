import fc from 'fast-check';
import { parsePendingLogin, storePendingLogin, takePendingLogin } from '../../../src/login/sso/pending-login';
import { memoryStore } from '../support/memory';

const text = fc.string({ minLength: 1 });
const pendingLogin = fc.record({
  loginUrl: text,
  nonce: text,
  codeChallenge: text,
  codeVerifier: text,
  state: text,
  clientId: text,
  ssoProfileSid: text,
  startedAt: fc.nat(),
});
describe('a pending login', () => {
  it('comes out of the store as it went in, once', () => {
    fc.assert(
      fc.property(pendingLogin, (login) => {
        const store = memoryStore();
        storePendingLogin(store, login);
        expect(takePendingLogin(store)).toEqual(login);
        expect(takePendingLogin(store)).toBeUndefined();
      }),
    );
  });

  it('is none where any of its parts is missing or of another type', () => {
    fc.assert(
      fc.property(pendingLogin, fc.nat(7), fc.option(fc.jsonValue(), { nil: undefined }), (login, at, value) => {
        const [key = '', right] = Object.entries(login)[at] ?? [];
        fc.pre(typeof value !== typeof right || value === '');
        expect(parsePendingLogin({ ...login, [key]: value })).toBeUndefined();
      }),
    );
  });
});

import fc from 'fast-check';
import { handler as deprovision } from '../../src/functions/deprovision';
import { handler as lookup } from '../../src/functions/lookup';
import { handler as mint } from '../../src/functions/mint';
import { handler as provision } from '../../src/functions/provision';
import { anyText, plainJson, tries } from '../support/arbitraries';
import { call } from '../support/call';
import { expectCallersFault, usersApiChanges, usersApiRequests } from '../support/documented';
import { signToken, startProvider, type TestProvider } from '../support/identity-provider';
import { useSandbox } from '../support/twilio';

const twilio = useSandbox();
let provider: TestProvider;
beforeAll(async () => {
  provider = await startProvider();
});
afterAll(() => provider.close());

const FUNCTIONS = { provision, lookup, mint, deprovision };
const operation = fc.constantFrom('provision', 'lookup', 'mint', 'deprovision');
const settings = () => ({
  ...twilio.settings,
  ...provider.settings,
  OIDC_ROLES: 'agent=team,admin=admins',
  OIDC_PROVISION: 'true',
});

const header = () => ({ alg: provider.key.alg, kid: provider.key.kid });

/** The provider's only key never changes here, so that nothing but its two documents may ever be requested. */
afterEach(() => expect(provider.requests.length).toBeLessThanOrEqual(3));

it('any bytes as a token: 401, and no request is made to Twilio', async () => {
  const genuine = provider.token();
  const part = fc.oneof(
    anyText,
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
    plainJson.map((json) => Buffer.from(JSON.stringify(json) ?? '').toString('base64url')),
    fc.constantFrom(...genuine.split('.')),
  );
  const inHeader = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  await fc.assert(
    fc.asyncProperty(operation, part, part, part, fc.boolean(), async (name, first, second, third, isField) => {
      const token = [first, second, third].map((text) => text.replaceAll('.', '')).join('.');
      fc.pre(token !== genuine);
      const answer = await call(FUNCTIONS[name], settings(), isField ? { fields: { Token: token } } : inHeader(token));
      expectCallersFault(answer);
      expect(answer.status).toBe(401);
      expect(twilio.sandbox.requests).toEqual([]);
    }),
    tries(300),
  );
});

it('any JSON as the claims of a signed token: never a 500, nothing provisioned or minted but for a valid one', async () => {
  const good = provider.claims({ roles: ['team'] });
  const claims = fc.oneof(
    plainJson,
    fc
      .dictionary(fc.constantFrom(...Object.keys(good), 'nbf', '__proto__', 'constructor'), plainJson, { maxKeys: 3 })
      .map((changes) => ({ ...good, ...changes })),
  );
  await fc.assert(
    fc.asyncProperty(operation, claims, async (name, payload) => {
      twilio.sandbox.reset();
      const bearer = signToken(header(), JSON.stringify(payload), provider.key);
      const answer = await call(FUNCTIONS[name], settings(), { bearer });
      expectCallersFault(answer);
      const { iss, aud, email } = Object(payload);
      const isOwn = iss === provider.issuer && [aud].flat().includes(provider.audience);
      if (!isOwn || name === 'provision' || name === 'deprovision') {
        expect(usersApiRequests(twilio.sandbox.requests)).toEqual([]);
        expect([400, 401, 403]).toContain(answer.status);
      }
      for (const { path, json } of usersApiChanges(twilio.sandbox.requests)) {
        expect(name).toBe('mint');
        expect(path).toMatch(/\/(Provision|Tokens)$/);
        // Only ever the token's own user, and only a role that its claim grants.
        if (path.endsWith('/Provision')) expect(json).toMatchObject({ username: email, worker: {} });
      }
      if (name === 'mint' && answer.status < 300) expect(answer.body.token_info.username).toBe(email);
    }),
    tries(300),
  );
});

it('any JSON as the header of a token: 401, or accepted as it should be', async () => {
  const headers = fc.oneof(
    plainJson,
    fc
      .dictionary(fc.constantFrom('alg', 'kid', 'typ', 'crit', 'b64', 'jwk', 'jku', 'x5c', 'cty', 'enc'), plainJson, {
        maxKeys: 3,
      })
      .map((changes) => ({ ...header(), ...changes })),
  );
  await fc.assert(
    fc.asyncProperty(headers, async (head) => {
      twilio.sandbox.reset();
      const bearer = signToken(Object(head), provider.claims({ roles: ['team'] }), provider.key);
      const answer = await call(lookup, settings(), { bearer });
      expectCallersFault(answer);
      expect([200, 401]).toContain(answer.status);
      if (answer.status === 401) expect(twilio.sandbox.requests).toEqual([]);
    }),
    tries(300),
  );
});

import { createExamination } from '../../scripts/doctor/examination';
import { checkIdentityProvider } from '../../scripts/doctor/identity-provider';
import { sendJson, startProvider, type TestProvider } from '../support/identity-provider';

let provider: TestProvider;
beforeEach(async () => {
  provider = await startProvider();
});
afterEach(() => provider.close());

const check = async (variables: object = {}, token?: string) => {
  const settings = { ...provider.settings, OIDC_ROLES: 'agent=team', ...variables };
  const subject = { service: 'http://localhost:3000', origins: [], variables: settings, token };
  return checkIdentityProvider(createExamination({ fetch, now: Date.now, limitMs: 10_000 }, subject));
};
const states = async (...given: Parameters<typeof check>) => (await check(...given)).map(({ state }) => state);
const last = async (...given: Parameters<typeof check>) => (await check(...given)).at(-1);

it('doctor passes a provider that is set up, and a token that is accepted', async () => {
  const findings = await check({}, provider.token({ roles: ['team'] }));
  expect(findings.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok', 'ok']);
  expect(findings[0]?.text).toContain('Usable keys: 1.');
  expect(findings.at(-1)?.text).toBe('the token passes every rule, and grants agent.');
});

it('doctor checks nothing without an identity provider', async () => {
  const off = { OIDC_ISSUER: '', OIDC_AUDIENCE: '', OIDC_ROLES: '' };
  expect(await check(off)).toEqual([]);
  expect(await check(off, 'a.b.c')).toMatchObject([{ state: 'not checked' }]);
});

it('doctor names a setting of the identity provider that is invalid', async () => {
  expect(await check({ OIDC_AUDIENCE: '' })).toMatchObject([
    { state: 'failed', text: expect.stringContaining('OIDC_AUDIENCE is missing') },
  ]);
});

it.each([
  ['names another issuer', () => (provider.discovery = { issuer: 'https://other.example.com' }), /issuer differs/],
  ['is unavailable', () => (provider.trouble.discovery = sendJson({}, 404)), /discovery: status 404/],
  ['has no usable keys', () => (provider.keys = []), /keys: none is usable/],
] as const)('doctor says that a provider %s', async (_, spoil, reason) => {
  spoil();
  const [first] = await check();
  expect(first).toEqual({ state: 'failed', text: expect.stringMatching(reason) });
});

it('doctor warns that without OIDC_ROLES users get their roles in Flex', async () => {
  expect(await states({ OIDC_ROLES: '' })).toEqual(['ok', 'warning', 'ok']);
});

it('doctor says which rule a token fails, without printing it', async () => {
  for (const [changes, rule] of [
    [{ exp: 1 }, /exp is a number in the future/],
    [{ aud: 'other' }, /aud is OIDC_AUDIENCE/],
    [{ email_verified: false }, /"email" \(OIDC_USERNAME_CLAIM\)/],
    [{ roles: [] }, /"roles" \(OIDC_ROLES_CLAIM\)/],
  ] as const) {
    const token = provider.token({ roles: ['team'], ...changes });
    const finding = await last({}, token);
    expect(finding).toEqual({ state: 'failed', text: expect.stringMatching(rule) });
    expect(finding?.text).not.toMatch(/agent@example\.com|eyJ/);
  }
  expect(await last({}, 'no token')).toMatchObject({
    state: 'failed',
    text: expect.stringContaining('not a signed JWT'),
  });
});

import { checkIdentityProvider } from '../../scripts/doctor/identity-provider';
import { sendJson, startProvider, type TestProvider } from '../support/identity-provider';

let provider: TestProvider;
beforeEach(async () => {
  provider = await startProvider();
});
afterEach(() => provider.close());

const check = async (variables: object = {}, token?: string) => {
  const edges = { fetch, now: Date.now, limitMs: 10_000 };
  return checkIdentityProvider(edges, { ...provider.settings, OIDC_ROLES: 'agent=team', ...variables }, token);
};
const states = async (...given: Parameters<typeof check>) => (await check(...given)).map(({ state }) => state);
const last = async (...given: Parameters<typeof check>) => (await check(...given)).at(-1);

it('passes a provider that lacks nothing, and a token that is accepted', async () => {
  const findings = await check({}, provider.token({ roles: ['team'] }));
  expect(findings.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok', 'ok']);
  expect(findings[0]?.text).toContain('1 usable keys');
  expect(findings.at(-1)?.text).toBe('Token: it passes every rule, and grants agent.');
});

it('checks nothing without an identity provider', async () => {
  const off = { OIDC_ISSUER: '', OIDC_AUDIENCE: '', OIDC_ROLES: '' };
  expect(await check(off)).toEqual([]);
  expect(await check(off, 'a.b.c')).toMatchObject([{ state: 'not checked' }]);
});

it('names a setting that is wrong', async () => {
  expect(await check({ OIDC_AUDIENCE: '' })).toMatchObject([
    { state: 'failed', text: expect.stringContaining('OIDC_AUDIENCE is missing') },
  ]);
});

it.each([
  ['names another issuer', () => (provider.discovery = { issuer: 'https://other.example.com' }), /issuer differs/],
  ['is unavailable', () => (provider.trouble.discovery = sendJson({}, 404)), /discovery: status 404/],
  ['has no usable keys', () => (provider.keys = []), /keys: none is usable/],
] as const)('says that a provider %s', async (_, spoil, reason) => {
  spoil();
  const [first] = await check();
  expect(first).toEqual({ state: 'failed', text: expect.stringMatching(reason) });
});

it('warns that without OIDC_ROLES the roles at Twilio count', async () => {
  expect(await states({ OIDC_ROLES: '' })).toEqual(['ok', 'warning', 'ok']);
});

it('says which rule a token fails, without printing it', async () => {
  for (const [changes, rule] of [
    [{ exp: 1 }, /exp is a number in the future/],
    [{ aud: 'other' }, /aud holds OIDC_AUDIENCE/],
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

import { handler as config } from '../../src/functions/config';
import { toIdentityProvider } from '../../src/settings/identity-provider';
import { readSettings } from '../../src/settings/settings';
import { call } from '../support/call';

const ACCOUNT = { ACCOUNT_SID: `AC${'0'.repeat(32)}`, AUTH_TOKEN: 'x' };
const ISSUER = { OIDC_ISSUER: 'https://login.example.com', OIDC_AUDIENCE: 'flex' };
const read = (settings: object) => readSettings({ ...ACCOUNT, ...settings }).identityProvider;

/** What is at fault, as the message of the 500 response lists it. */
async function faults(settings: object): Promise<string[]> {
  const { status, body } = await call(config, { ...ACCOUNT, ...settings });
  expect({ status, code: body.code }).toEqual({ status: 500, code: 'misconfigured' });
  return body.message
    .replace(/^.*?: /, '')
    .replace(/\.$/, '')
    .split('; ');
}

it('is off without OIDC_ISSUER', () => {
  expect(read({})).toBeUndefined();
  expect(read({ OIDC_ISSUER: ' ', OIDC_AUDIENCE: '', OIDC_ROLES: null })).toBeUndefined();
});

it.each(['OIDC_ISSUER', 'OIDC_AUDIENCE'] as const)('trusts no provider if only %s is known', (name) => {
  const defaults = { OIDC_USERNAME_CLAIM: 'email', OIDC_ROLES_CLAIM: 'roles', OIDC_PROVISION: false };
  expect(toIdentityProvider({ ...defaults, [name]: ISSUER[name] })).toBeUndefined();
});

it('has a default for everything but issuer and audience', () => {
  expect(read(ISSUER)).toEqual({
    issuer: 'https://login.example.com',
    audience: 'flex',
    usernameClaim: 'email',
    rolesClaim: 'roles',
    roles: undefined,
    provision: false,
  });
});

it('reads what is set, and keeps it exactly', () => {
  const settings = {
    OIDC_ISSUER: 'https://Login.example.com/Tenant/',
    OIDC_AUDIENCE: 'https://API.example.com',
    OIDC_USERNAME_CLAIM: 'https://example.com/name',
    OIDC_ROLES_CLAIM: 'cognito:groups',
    OIDC_ROLES: 'agent=Team A, agent=b=c=,admin=https://example.com/x,',
    OIDC_PROVISION: 'TRUE',
  };
  expect(read(settings)).toEqual({
    issuer: 'https://Login.example.com/Tenant/',
    audience: 'https://API.example.com',
    usernameClaim: 'https://example.com/name',
    rolesClaim: 'cognito:groups',
    roles: [
      { role: 'agent', value: 'Team A' },
      { role: 'agent', value: 'b=c=' },
      { role: 'admin', value: 'https://example.com/x' },
    ],
    provision: true,
  });
});

it.each(['https://a.example', 'https://a.example:8443/x/y', 'http://localhost:9000', 'http://127.0.0.1/realm'])(
  'trusts the issuer %s',
  (issuer) => {
    expect(read({ ...ISSUER, OIDC_ISSUER: issuer })?.issuer).toBe(issuer);
  },
);

it.each([
  'http://login.example.com',
  'http://localhost.example.com',
  'http://127.0.0.1.example.com',
  'login.example.com',
  'ftp://localhost',
  'https://',
  'https://login.example.com?x=1',
  'https://login.example.com?',
  'https://login.example.com#',
  'https://login.example.com/#x',
  'https://user:pass@login.example.com',
  'https://user@login.example.com',
  'https://:pass@login.example.com',
  'https://login.example.com/a b',
  'https://login.example.com\\x',
  'https://login.example.com/"x',
  'https://login.example.com/\tx',
  'https://lögin.example.com',
])('refuses the issuer %j by name', async (issuer) => {
  const [fault, ...others] = await faults({ ...ISSUER, OIDC_ISSUER: issuer });
  expect(others).toEqual([]);
  expect(fault).toMatch(/^OIDC_ISSUER must be the exact iss/);
  expect(fault).not.toContain(issuer);
});

it.each(['agents', 'agent', 'agent=', '=x', 'boss=x', 'Agent=x', 'agent =x', 'guest=x', 'agent=a,b', ',', ' , '])(
  'refuses the roles %j by name',
  async (roles) => {
    expect(await faults({ ...ISSUER, OIDC_ROLES: roles })).toEqual([expect.stringMatching(/^OIDC_ROLES must be /)]);
  },
);

const others = {
  OIDC_AUDIENCE: 'a',
  OIDC_USERNAME_CLAIM: 'b',
  OIDC_ROLES_CLAIM: 'c',
  OIDC_ROLES: 'agent=d',
  OIDC_PROVISION: 'false',
  OIDC_ROLE: 'agent=e',
};

it.each(Object.entries(others))('%s without OIDC_ISSUER is misconfigured', async (name, value) => {
  expect(await faults({ [name]: value })).toEqual([`${name} requires OIDC_ISSUER`]);
});

it('names every fault of the set at once', async () => {
  expect(await faults(others)).toEqual(Object.keys(others).map((name) => `${name} requires OIDC_ISSUER`));
  expect(await faults({ OIDC_ISSUER: 'https://a.example', OIDC_PROVISION: 'true', OIDC_ROLE: 'agent=x' })).toEqual([
    'OIDC_ROLE is not a setting of this service',
    'OIDC_AUDIENCE is missing: OIDC_ISSUER requires it',
    'OIDC_PROVISION requires OIDC_ROLES',
  ]);
  expect(await faults({ OIDC_ISSUER: 'x', OIDC_ROLES: 'x', OIDC_PROVISION: 'x' })).toEqual([
    expect.stringMatching(/^OIDC_ISSUER must be/),
    expect.stringMatching(/^OIDC_ROLES must be/),
    'OIDC_PROVISION must be true or false',
    'OIDC_AUDIENCE is missing: OIDC_ISSUER requires it',
  ]);
});

it.each(['yes', '1', 'on', 'true '.repeat(2)])('refuses the value %j for OIDC_PROVISION', async (value) => {
  expect(await faults({ ...ISSUER, OIDC_ROLES: 'agent=x', OIDC_PROVISION: value })).toEqual([
    'OIDC_PROVISION must be true or false',
  ]);
});

it('refuses what is not text', async () => {
  expect(await faults({ OIDC_ISSUER: 7, OIDC_AUDIENCE: 7, OIDC_USERNAME_CLAIM: 7, OIDC_ROLES: 7 })).toEqual(
    ['OIDC_ISSUER', 'OIDC_AUDIENCE', 'OIDC_USERNAME_CLAIM', 'OIDC_ROLES'].map((name) => `${name} must be text`),
  );
});

it('notices a setting that appears between two calls', () => {
  expect(read({})).toBeUndefined();
  expect(() => read({ OIDC_ROLE: 'agent=x' })).toThrow(expect.objectContaining({ code: 'misconfigured' }));
  expect(read({})).toBeUndefined();
});

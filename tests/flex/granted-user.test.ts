import { handler as lookup } from '../../src/functions/lookup';
import { handler as mint } from '../../src/functions/mint';
import { call, type FunctionCallOptions, type FunctionResponse } from '../support/call';
import { usersApiChanges, usersApiRequests } from '../support/documented';
import { startProvider, type TestProvider } from '../support/identity-provider';
import { useSandbox } from '../support/twilio';

// What a token of the customer's identity provider gets at Twilio: a token with no role that the provider has not granted.

const twilio = useSandbox();
let provider: TestProvider;
beforeAll(async () => {
  provider = await startProvider();
});
afterAll(() => provider.close());

const OIDC_ROLES = 'agent=team,supervisor=leads,admin=admins,agent=temps';
const CHECKED = { OIDC_ROLES };
const PROVISIONING = { OIDC_ROLES, OIDC_PROVISION: 'true' };

const ask = (
  handler: typeof mint,
  changes: object,
  settings: object = {},
  asking: FunctionCallOptions = {},
): Promise<FunctionResponse> =>
  call(
    handler,
    { ...twilio.settings, ...provider.settings, ...settings },
    { bearer: provider.token(changes), ...asking },
  );
const mintAs = (changes: object, settings?: object, asking?: FunctionCallOptions) =>
  ask(mint, changes, settings, asking);

const forbidden = (message: RegExp) => ({
  status: 403,
  body: { code: 'forbidden', message: expect.stringMatching(message) },
});
const deeds = () =>
  usersApiChanges(twilio.sandbox.requests).map(({ path, json }) => ({ what: path.split('/').at(-1), json }));
const claimsOf = (role: 'agent' | 'supervisor' | 'admin', roles?: unknown) => ({ email: `${role}@example.com`, roles });
const newUser = { email: 'new@example.com', name: 'New Name', roles: ['team'] };
const asProvisioned = (changes: object) => ({
  what: 'Provision',
  json: {
    username: 'new@example.com',
    email: 'new@example.com',
    full_name: 'New Name',
    roles: ['agent'],
    worker: {},
    ...changes,
  },
});

describe('the user name', () => {
  const unusable: [string, object, object?][] = [
    ['an unverified email address', { email_verified: false }],
    ['an email address of which nothing is said', { email_verified: undefined }],
    ['an email address verified by a string', { email_verified: 'true' }],
    ['an email address verified by a number', { email_verified: 1 }],
    ['no email address', { email: undefined }],
    ['an empty email address', { email: '' }],
    ['an email address that is an array', { email: ['agent@example.com'] }],
    ['an email address that is an object', { email: { toString: 'agent@example.com' } }],
    ['257 characters', { email: 'x'.repeat(257) }],
    ['a control character', { email: 'agent@example.com\n' }],
    ['half a surrogate pair', { email: 'agent\ud800@example.com' }],
    ['a verified email address, if the setting names another claim', {}, { OIDC_USERNAME_CLAIM: 'preferred_username' }],
    ['a claim named as what every object has', {}, { OIDC_USERNAME_CLAIM: 'constructor.name' }],
    ['the prototype', { __proto__: null }, { OIDC_USERNAME_CLAIM: '__proto__' }],
  ];

  it.each(unusable)(
    '%s is 403 that names the claim, and no request is made to Twilio',
    async (_, changes, settings = {}) => {
      const name = Object.values(settings)[0] ?? 'email';
      for (const handler of [mint, lookup]) {
        for (const fields of [{}, { username: 'agent@example.com' }]) {
          const answer = await ask(handler, changes, settings, { fields });
          expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
          const fault =
            name === 'email' ? 'missing, malformed or not verified (email_verified)' : 'missing or malformed';
          expect(answer.body.message).toBe(
            `This token names no Flex user: its claim "${name}" is ${fault}. Ask your administrator to correct it.`,
          );
        }
      }
      expect(twilio.sandbox.requests).toEqual([]);
    },
  );

  it('may come from any claim, by its exact name first and then by a path', async () => {
    const email = undefined;
    const name = 'agent@example.com';
    for (const [claim, changes] of [
      ['preferred_username', { email, preferred_username: name }],
      ['https://example.com/user.name', { email, 'https://example.com/user.name': name }],
      ['user.name', { email, 'user.name': name, user: { name: 'admin@example.com' } }],
      ['user.name', { email, user: { name } }],
      ['sub', { email, sub: name }],
    ] as const) {
      expect(await mintAs(changes, { OIDC_USERNAME_CLAIM: claim })).toMatchObject({
        status: 201,
        body: { token_info: { username: name } },
      });
    }
  });

  it('is not looked for by a path if the exact claim is there, though unusable', async () => {
    const changes = { 'user.name': null, user: { name: 'agent@example.com' } };
    expect(await mintAs(changes, { OIDC_USERNAME_CLAIM: 'user.name' })).toMatchObject({ status: 403 });
  });

  it('may have 256 characters, and is requested exactly', async () => {
    const email = '𝒳'.repeat(256);
    expect(await mintAs({ email })).toMatchObject({ status: 404, body: { code: 'user_not_found' } });
    const [{ path } = { path: '' }] = usersApiRequests(twilio.sandbox.requests);
    expect(new URLSearchParams(path.split('?')[1]).get('Username')).toBe(email);
  });
});

describe('the roles claim', () => {
  const unusable: [string, object, object?][] = [
    ['absent', {}],
    ['of another value', { roles: ['accounting'] }],
    ['in another case', { roles: ['Team'] }],
    ['with a blank', { roles: ['team '] }],
    ['the name of a Flex role, which is not what the setting lists', { roles: ['agent', 'admin'] }],
    ['several values in one string', { roles: 'team leads' }],
    ['an object', { roles: { team: true } }],
    ['a number', { roles: 7 }],
    ['true', { roles: true }],
    ['null', { roles: null }],
    ['an array that holds more than strings', { roles: ['team', 7] }],
    ['an array in an array', { roles: [['team']] }],
    [
      'under the name of what every object has',
      {},
      { OIDC_ROLES_CLAIM: 'constructor.name', OIDC_ROLES: 'admin=Object' },
    ],
    ['the length of an array', { roles: [] }, { OIDC_ROLES_CLAIM: 'roles.length', OIDC_ROLES: 'admin=0' }],
    ['an item of an array', { roles: ['x'] }, { OIDC_ROLES_CLAIM: 'roles.0', OIDC_ROLES: 'admin=x' }],
  ];

  it.each(unusable)(
    '%s grants nothing: 403, and no request is made to Twilio',
    async (_, changes, settings = CHECKED) => {
      for (const handler of [mint, lookup]) {
        const answer = await ask(handler, changes, { ...CHECKED, ...settings });
        expect(answer).toMatchObject(forbidden(/^This token grants no Flex role: its claim "/));
      }
      expect(twilio.sandbox.requests).toEqual([]);
    },
  );

  it.each([
    ['a string', 'roles', { roles: 'team' }],
    ['an array', 'roles', { roles: ['x', 'team'] }],
    ['two values for one role', 'roles', { roles: ['temps'] }],
    ['a URL', 'https://example.com/roles', { 'https://example.com/roles': ['team'] }],
    ['a name with a colon', 'cognito:groups', { 'cognito:groups': ['team'] }],
    ['a path', 'realm_access.roles', { realm_access: { roles: ['team'] } }],
  ])('%s grants the role', async (_, claim, changes) => {
    expect(await mintAs(changes, { ...CHECKED, OIDC_ROLES_CLAIM: claim })).toMatchObject({
      status: 201,
      body: { token_info: { roles: ['agent'] } },
    });
  });
});

describe('without OIDC_ROLES', () => {
  it('the roles at Twilio count, whatever the token says', async () => {
    expect(await mintAs(claimsOf('admin'))).toMatchObject({ status: 201, body: { token_info: { roles: ['admin'] } } });
  });

  it('makes three requests: list, record and token', async () => {
    await mintAs({});
    expect(usersApiRequests(twilio.sandbox.requests).map(({ method }) => method)).toEqual(['GET', 'GET', 'POST']);
  });

  it('the record is not read if the list says that the user is active, roles or not', async () => {
    await listAs({ deactivated: false, roles: undefined });
    await mintAs({});
    expect(usersApiRequests(twilio.sandbox.requests).map(({ method }) => method)).toEqual(['GET', 'POST']);
  });

  it('a user who is unknown is 404, and one who is deactivated 409', async () => {
    expect(await mintAs(newUser)).toMatchObject({ status: 404, body: { code: 'user_not_found' } });
    await deactivate('agent');
    expect(await mintAs({})).toMatchObject({ status: 409, body: { code: 'user_deactivated' } });
    expect(deeds()).toEqual([]);
  });
});

/** Deactivates a user of the sandbox behind the service's back. */
async function deactivate(role: 'agent' | 'supervisor' | 'admin'): Promise<void> {
  const { flexUserSid } = twilio.sandbox.users[role];
  await fetch(`https://flex-api.twilio.com/v4/Instances/${twilio.sandbox.instanceSid}/Users/Deprovision`, {
    method: 'POST',
    headers: {
      Authorization: `Basic ${Buffer.from(`${twilio.sandbox.accountSid}:${twilio.sandbox.authToken}`).toString('base64')}`,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({ flex_user_sid: flexUserSid }),
  });
  twilio.sandbox.requests.length = 0;
}

/** Lets the list return the record of the agent with these changes. */
async function listAs(changes: object): Promise<void> {
  const record = { ...(await ask(lookup, {}, {})).body, ...changes };
  twilio.sandbox.requests.length = 0;
  twilio.sandbox.fault({ host: 'flex-api', path: /Username=/, status: 200, body: { users: [record] } });
}

describe('with OIDC_ROLES', () => {
  it('a user with a role too many is 403 that names it, before 409, and no token is minted', async () => {
    const expected = forbidden(/a role that your identity provider does not grant: admin\b/);
    expect(await mintAs(claimsOf('admin', ['team', 'leads']), CHECKED)).toMatchObject(expected);
    await deactivate('admin');
    expect(await mintAs(claimsOf('admin', ['team']), CHECKED)).toMatchObject(expected);
    expect(deeds()).toEqual([]);
  });

  it('lookup is not affected by a role too many', async () => {
    expect(await ask(lookup, claimsOf('admin', ['team']), CHECKED)).toMatchObject({
      status: 200,
      body: { roles: ['admin'] },
    });
  });

  it('a user with a role too few gets a token with what is there', async () => {
    expect(await mintAs(claimsOf('agent', ['team', 'admins']), CHECKED)).toMatchObject({
      status: 201,
      body: { token_info: { roles: ['agent'] } },
    });
    expect(deeds().map(({ what }) => what)).toEqual(['Tokens']);
  });

  it('roles of add-ons are left alone', async () => {
    await listAs({ deactivated: false, roles: ['agent', 'wfo.full_access'] });
    expect(await mintAs(claimsOf('agent', ['team']), CHECKED)).toMatchObject({ status: 201 });
  });

  it.each(['Admin', 'ADMIN', ' admin '])('the role %j is admin too', async (role) => {
    await listAs({ deactivated: false, roles: ['agent', role] });
    expect(await mintAs(claimsOf('agent', ['team']), CHECKED)).toMatchObject({ status: 403 });
  });

  it('the message names all roles too many, and the log names the user', async () => {
    await listAs({ deactivated: false, roles: ['agent', 'supervisor', 'admin'] });
    expect(await mintAs(claimsOf('agent', ['team']), CHECKED)).toMatchObject({
      ...forbidden(/does not grant: supervisor, admin\./),
      log: [{ flex_user_sid: twilio.sandbox.users.agent.flexUserSid }],
    });
  });

  it('the record is read for roles that the list leaves out', async () => {
    await listAs({ deactivated: false, roles: undefined });
    expect(await mintAs(claimsOf('agent', ['team']), CHECKED)).toMatchObject({ status: 201 });
  });

  it.each([[undefined], [null], ['agent'], [[7]], [{ 0: 'agent' }]])(
    'a record whose roles are %j is 502, and no token is minted',
    async (roles) => {
      const record = { ...(await ask(lookup, {}, {})).body, deactivated: false, roles };
      twilio.sandbox.fault({
        host: 'flex-api',
        method: 'GET',
        path: /Username=/,
        status: 200,
        body: { users: [record] },
      });
      twilio.sandbox.fault({ host: 'flex-api', method: 'GET', path: /Users.FU/, status: 200, body: record });
      expect(await mintAs(claimsOf('agent', ['team']), CHECKED)).toMatchObject({
        status: 502,
        body: { code: 'upstream_error' },
        log: [{ flex_user_sid: twilio.sandbox.users.agent.flexUserSid, reason: 'the record has no list of roles' }],
      });
      expect(deeds()).toEqual([]);
    },
  );

  it.each([[['agent', 'admin']], [['ADMIN']], [undefined], [null], ['agent'], [[null]]])(
    'a token that Twilio mints with the roles %j is 502, and is not handed out',
    async (roles) => {
      const body = { access_token: 'the-minted-token', token_info: { roles } };
      twilio.sandbox.fault({ host: 'flex-api', path: /Tokens$/, status: 201, body });
      const answer = await mintAs(claimsOf('agent', ['team']), CHECKED);
      expect(answer).toMatchObject({ status: 502, body: { code: 'upstream_error' } });
      expect(answer.log).toMatchObject([{ reason: expect.stringMatching(/^Tokens: /) }]);
      expect(JSON.stringify(answer)).not.toContain('the-minted-token');
    },
  );

  it('an unknown user is 404, and is not created', async () => {
    const refused = await mintAs(newUser, CHECKED);
    expect(refused).toMatchObject({ status: 404, body: { code: 'user_not_found' } });
    expect(refused.log).toMatchObject([{ reason: 'no such user name' }]);
    expect(deeds()).toEqual([]);
  });
});

describe('with OIDC_PROVISION', () => {
  it('an unknown user is created with the mapped roles, and gets a token', async () => {
    expect(await mintAs({ ...newUser, roles: ['admins', 'team'] }, PROVISIONING)).toMatchObject({
      status: 201,
      body: { token_info: { username: 'new@example.com', roles: ['agent', 'admin'] } },
    });
    expect(deeds()).toEqual([
      asProvisioned({ roles: ['agent', 'admin'] }),
      { what: 'Tokens', json: { ttl: expect.any(Number) } },
    ]);
  });

  it('a new user’s contact data are the claims’, verified or not, else the user name', async () => {
    const OIDC_USERNAME_CLAIM = 'sub';
    for (const [claims, sent] of [
      [
        { sub: 'u-1', email: 'e@x.y', email_verified: false, name: 'N' },
        { email: 'e@x.y', full_name: 'N' },
      ],
      [
        { sub: 'u@x.y', email: undefined, name: undefined },
        { email: 'u@x.y', full_name: 'u@x.y' },
      ],
      [
        { sub: 'user@x.y', email: 7, name: ['N'] },
        { email: 'user@x.y', full_name: 'user@x.y' },
      ],
      [
        { sub: 'w@x.y', email: '', name: 'x'.repeat(257) },
        { email: 'w@x.y', full_name: 'w@x.y' },
      ],
    ] as const) {
      twilio.sandbox.reset();
      await mintAs({ roles: ['team'], ...claims }, { ...PROVISIONING, OIDC_USERNAME_CLAIM });
      expect(deeds()[0]).toEqual(asProvisioned({ username: claims.sub, ...sent }));
    }
  });

  it.each(['u-1', '@x', 'x@', 'a b@x.y', 'a@b@c'])(
    'a new user %j without an email address is 403 that names the claim, and is not created',
    async (sub) => {
      const settings = { ...PROVISIONING, OIDC_USERNAME_CLAIM: 'sub' };
      const answer = await mintAs({ sub, email: undefined, roles: ['team'] }, settings);
      expect(answer).toMatchObject(forbidden(/"email"/));
      expect(deeds()).toEqual([]);
    },
  );

  it.each([
    ['too many', 'admin', ['team'], ['agent']],
    ['too few', 'agent', ['team', 'leads'], ['agent', 'supervisor']],
    ['other', 'supervisor', ['admins'], ['admin']],
  ] as const)(
    'a user with %s roles is provisioned again with their own contact data',
    async (_, who, roles, mapped) => {
      const { username, full_name } = twilio.sandbox.users[who];
      const claims = { sub: username, email: 'other@example.com', name: 'Another Name', roles };
      expect(await mintAs(claims, { ...PROVISIONING, OIDC_USERNAME_CLAIM: 'sub' })).toMatchObject({
        status: 201,
        body: { token_info: { roles: mapped } },
      });
      expect(deeds()[0]).toEqual(asProvisioned({ username, email: username, full_name, roles: [...mapped] }));
    },
  );

  it('a user who has the granted role and one too many is provisioned again', async () => {
    await listAs({ deactivated: false, roles: ['agent', 'admin'] });
    expect(await mintAs(claimsOf('agent', ['team']), PROVISIONING)).toMatchObject({ status: 201 });
    expect(deeds().map(({ what, json }) => [what, Object(json).roles])).toEqual([
      ['Provision', ['agent']],
      ['Tokens', undefined],
    ]);
  });

  it('the record is read for contact data that the list leaves out', async () => {
    const { full_name } = twilio.sandbox.users.agent;
    await listAs({ deactivated: false, email: undefined, full_name: undefined });
    await mintAs({ ...claimsOf('agent', ['team', 'leads']), name: 'Another Name' }, PROVISIONING);
    expect(deeds()[0]).toMatchObject({ what: 'Provision', json: { full_name } });
  });

  it('the record is not read if the list has all of it', async () => {
    await listAs({ deactivated: false });
    await mintAs(claimsOf('agent', ['team']), PROVISIONING);
    expect(usersApiRequests(twilio.sandbox.requests).map(({ method }) => method)).toEqual(['GET', 'POST']);
  });

  it('a user whose record has no contact data gets the claims’', async () => {
    const { email: _, full_name: __, ...record } = (await ask(lookup, claimsOf('admin'))).body;
    twilio.sandbox.fault({
      host: 'flex-api',
      path: /Users.FU\w+$/,
      status: 200,
      body: { ...record, deactivated: false },
    });
    await mintAs({ ...claimsOf('admin', ['team']), name: 'A Name' }, PROVISIONING);
    expect(deeds()[0]).toEqual(
      asProvisioned({ username: 'admin@example.com', email: 'admin@example.com', full_name: 'A Name' }),
    );
  });

  it('a user with the right roles is not provisioned', async () => {
    expect(await mintAs(claimsOf('agent', ['team']), PROVISIONING)).toMatchObject({ status: 201 });
    expect(deeds().map(({ what }) => what)).toEqual(['Tokens']);
  });

  it('a deactivated user is 409 and never brought back, whatever their roles', async () => {
    await deactivate('admin');
    for (const roles of [['admins'], ['team']]) {
      expect(await mintAs(claimsOf('admin', roles), PROVISIONING)).toMatchObject({ status: 409 });
    }
    expect(deeds()).toEqual([]);
  });

  it('a deactivated user under a name in other letters is 404 and never brought back', async () => {
    const record = { ...(await ask(lookup, claimsOf('agent'))).body, deactivated: true };
    twilio.sandbox.fault({ host: 'flex-api', path: /Username=/, status: 200, body: { users: [record] } });
    for (const email of ['Agent@Example.com', 'AGENT@example.com']) {
      const refused = await mintAs({ email, roles: ['team'] }, PROVISIONING);
      expect(refused).toMatchObject({
        status: 404,
        body: { message: expect.stringContaining('upper and lower case') },
      });
      expect(refused.log).toMatchObject([{ reason: 'a user name that differs only in case or Unicode form' }]);
      expect(JSON.stringify(refused.log)).not.toMatch(/agent@example/i);
    }
    expect(deeds()).toEqual([]);
  });

  const oddResponses: [string, object, number][] = [
    ['with a role too many', { roles: ['agent', 'admin'] }, 502],
    ['with a role too many in other letters', { roles: ['ADMIN'] }, 502],
    ['without a list of roles', { roles: undefined }, 502],
    ['with roles of another type', { roles: 'agent' }, 502],
    ['without a SID', { flex_user_sid: undefined }, 502],
    ['with a SID that is none', { flex_user_sid: 'FU../..' }, 502],
    ['of a deactivated user', { deactivated: true }, 409],
    ['about another user', { username: 'agent@example.com' }, 502],
    ['without a user name', { username: undefined }, 502],
    ['with a user name of another type', { username: ['new@example.com'] }, 502],
  ];

  it.each(oddResponses)('a response to Provision %s ends it, and no token is minted', async (_, changes, expected) => {
    const body = { flex_user_sid: `FU${'a'.repeat(32)}`, username: newUser.email, roles: ['agent'], ...changes };
    twilio.sandbox.fault({ host: 'flex-api', path: /Provision$/, status: 201, body });
    const answer = await mintAs(newUser, PROVISIONING);
    expect(answer).toMatchObject({ status: expected });
    if (expected === 502) expect(answer.log[0]?.reason).toMatch(/^Provision\b/);
    expect(deeds().map(({ what }) => what)).toEqual(['Provision']);
  });

  it('a response to Provision about another user than the one that was found is 502', async () => {
    const body = { flex_user_sid: `FU${'a'.repeat(32)}`, username: 'admin@example.com', roles: ['agent'] };
    twilio.sandbox.fault({ host: 'flex-api', path: /Provision$/, status: 200, body });
    expect(await mintAs(claimsOf('admin', ['team']), PROVISIONING)).toMatchObject({ status: 502 });
    expect(deeds().map(({ what }) => what)).toEqual(['Provision']);
  });

  it.each([400, 409, 422])('a refusal of Provision (%d) is not the fault of the request: 502', async (status) => {
    twilio.sandbox.fault({ host: 'flex-api', path: /Provision$/, status });
    const response = await mintAs(newUser, PROVISIONING);
    expect(response).toMatchObject({ status: 502, body: { code: 'upstream_error', upstream: { status } } });
    expect(deeds().map(({ what }) => what)).toEqual(['Provision']);
  });

  it('a failure of Provision that says nothing about the values is not blamed on them', async () => {
    twilio.sandbox.fault({ host: 'flex-api', path: /Provision$/, status: 403 });
    const { body } = await mintAs(newUser, PROVISIONING);
    expect(body).toMatchObject({ code: 'upstream_error', upstream: { status: 403 } });
    expect(body.message).not.toContain('rejected the user data');
  });

  it('an unrelated user in the list does not stop a user from being created', async () => {
    const { flexUserSid, username } = twilio.sandbox.users.admin;
    const body = { users: [{ flex_user_sid: flexUserSid, username }] };
    twilio.sandbox.fault({ host: 'flex-api', path: /Username=/, status: 200, body });
    expect(await mintAs(newUser, PROVISIONING)).toMatchObject({ status: 201 });
  });

  it('lookup creates no one', async () => {
    expect(await ask(lookup, newUser, PROVISIONING)).toMatchObject({ status: 404 });
    expect(deeds()).toEqual([]);
  });
});

describe('the lifetime', () => {
  it('is cut to what the shown token has left, and never requested beyond MAX_TOKEN_TTL', async () => {
    const exp = () => Math.floor(Date.now() / 1000) + 100;
    for (const fields of [{}, { ttl: 3600 }]) {
      await mintAs({ exp: exp() }, {}, { fields });
      const { ttl } = Object(deeds().at(-1)?.json);
      expect(ttl).toBeLessThanOrEqual(100);
      expect(ttl).toBeGreaterThan(80);
    }
    await mintAs({ exp: 1e300 }, {}, { fields: { ttl: 60 } });
    expect(deeds().at(-1)?.json).toEqual({ ttl: 60 });
    expect(await mintAs({}, {}, { fields: { ttl: 3601 } })).toMatchObject({ status: 400 });
  });

  it('of less than a second left is 401 with the public message of every refusal', async () => {
    expect(await mintAs({ exp: Date.now() / 1000 + 0.9 })).toMatchObject({
      status: 401,
      body: { code: 'invalid_token', message: expect.stringMatching(/^This identity provider token is invalid/) },
    });
    expect(deeds()).toEqual([]);
  });
});

describe('the log of a mint', () => {
  it('holds the kind of caller and the SID of the Flex user, and nothing of the claims', async () => {
    const { log } = await mintAs({ ...claimsOf('agent', ['team']), sub: 'subject-1' }, CHECKED);
    expect(log).toMatchObject([{ outcome: 'ok', flex_user_sid: twilio.sandbox.users.agent.flexUserSid }]);
    expect(log[0]?.caller).toEqual({ kind: 'identity-provider' });
    expect(JSON.stringify(log)).not.toMatch(/agent@example\.com|subject-1|team/);
  });
});

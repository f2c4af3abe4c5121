import { type Service, startService } from '../../local/running-service';
import { ACTIONS, type Action } from '../../src/contract/functions';
import { backendKey } from '../support/backend-keys';
import { type HttpAnswer, post } from '../support/http';
import { startProvider, type TestProvider } from '../support/identity-provider';

// The table of `src/auth/policy.ts`, written a second time on purpose, and tested cell by cell over HTTP.

const only = Object.fromEntries(ACTIONS.map((scope) => [scope, backendKey(`only-${scope}`, scope)]));
const allBut = Object.fromEntries(
  ACTIONS.map((scope) => [scope, backendKey(`all-but-${scope}`, ...ACTIONS.filter((other) => other !== scope))]),
);

let service: Service;
let provider: TestProvider;

beforeAll(async () => {
  const keys = [...Object.values(only), ...Object.values(allBut)].map(({ entry }) => entry);
  provider = await startProvider();
  service = await startService({ BACKEND_KEYS: keys.join(','), ...provider.settings });
});
beforeEach(() => service.sandbox.reset());
afterAll(async () => {
  await service?.close();
  await provider?.close();
});

type User = 'guest' | 'agent' | 'supervisor' | 'admin';

const NEW_USER = { username: 'new.user', email: 'new@example.com', full_name: 'New User', roles: ['agent'] };

/** The user for "anybody": not one of the callers. */
const otherUser = async () => {
  const answer = await post(service, '/provision', NEW_USER, { bearer: service.sandbox.backendKey });
  service.sandbox.requests.length = 0;
  return answer.body as { username: string; flex_user_sid: string };
};

const own = (user: User) => {
  if (user === 'guest') return { username: 'guest', flex_user_sid: `FU${'0'.repeat(32)}` };
  const { username, flexUserSid } = service.sandbox.users[user];
  return { username, flex_user_sid: flexUserSid };
};

const byName = ({ username }: { username: string }) => ({ username });
const bySid = ({ flex_user_sid }: { flex_user_sid: string }) => ({ flex_user_sid });

const ways = {
  provision: { path: '/provision', fields: { 'a new user': async () => NEW_USER } },
  'lookup own user': {
    path: '/lookup',
    fields: {
      'no user named': async () => ({}),
      'own user name': async (user: User) => byName(own(user)),
      'own SID': async (user: User) => bySid(own(user)),
    },
  },
  'lookup anybody': {
    path: '/lookup',
    fields: {
      'another user name': async () => byName(await otherUser()),
      'another SID': async () => bySid(await otherUser()),
    },
  },
  'mint own user': {
    path: '/mint',
    fields: {
      'no user named': async () => ({}),
      'own user name': async (user: User) => byName(own(user)),
      'own SID': async (user: User) => bySid(own(user)),
    },
  },
  'mint anybody': {
    path: '/mint',
    fields: {
      'another user name': async () => byName(await otherUser()),
      'another SID': async () => bySid(await otherUser()),
    },
  },
  'deprovision another': {
    path: '/deprovision',
    fields: {
      'another user name': async () => byName(await otherUser()),
      'another SID': async () => bySid(await otherUser()),
    },
  },
  'deprovision oneself': {
    path: '/deprovision',
    fields: {
      'own user name': async (user: User) => byName(own(user)),
      'own SID': async (user: User) => bySid(own(user)),
    },
  },
} as const;

type Doing = keyof typeof ways;

const mayDo: Record<Doing, Record<User, boolean>> = {
  provision: { guest: false, agent: false, supervisor: false, admin: true },
  'lookup own user': { guest: false, agent: true, supervisor: true, admin: true },
  'lookup anybody': { guest: false, agent: false, supervisor: true, admin: true },
  'mint own user': { guest: false, agent: true, supervisor: true, admin: true },
  'mint anybody': { guest: false, agent: false, supervisor: false, admin: false },
  'deprovision another': { guest: false, agent: false, supervisor: false, admin: true },
  'deprovision oneself': { guest: false, agent: false, supervisor: false, admin: false },
};

const cells = (Object.keys(ways) as Doing[]).flatMap((doing) =>
  Object.entries(ways[doing].fields).flatMap(([named, fields]) =>
    (Object.keys(mayDo[doing]) as User[]).map((user) => ({
      doing,
      named,
      user,
      path: ways[doing].path,
      fields,
      allowed: mayDo[doing][user],
    })),
  ),
);

/** What changes something, or hands out a token. */
const privileged = () => service.sandbox.requestsTo('flex-api').filter(({ method }) => method === 'POST');

const asked = () => service.sandbox.requestsTo('flex-api').filter(({ path }) => path !== '/v1/Configuration');

function expectForbidden(answer: HttpAnswer): void {
  expect(answer).toMatchObject({ status: 403, body: { status: 403, code: 'forbidden' } });
  expect(privileged()).toEqual([]);
}

describe('with a Flex token', () => {
  it.each(cells.filter(({ allowed }) => allowed))('$user may: $doing ($named)', async ({ user, path, fields }) => {
    const bearer = await service.sandbox.tokenFor(user);
    const answer = await post(service, path, await fields(user), { bearer });
    expect([200, 201, 204]).toContain(answer.status);
  });

  it.each(cells.filter(({ allowed }) => !allowed))(
    '$user may not: $doing ($named), and nothing is done',
    async ({ user, path, fields, doing }) => {
      const bearer = await service.sandbox.tokenFor(user);
      expectForbidden(await post(service, path, await fields(user), { bearer }));
      // An admin's own user is recognized on the user that was found; other refusals need no request.
      if (!(doing === 'deprovision oneself' && user === 'admin')) expect(asked()).toEqual([]);
    },
  );

  it.each(cells.filter(({ user }) => user === 'admin'))(
    'a token with the roles guest and admin may not: $doing ($named), without calling Twilio',
    async ({ path, fields, user }) => {
      for (const guest of ['guest', 'Guest']) {
        const bearer = await service.sandbox.tokenFor('admin', { roles: ['admin', guest] });
        expectForbidden(await post(service, path, await fields(user), { bearer }));
        expect(asked()).toEqual([]);
      }
    },
  );

  it.each(cells.filter(({ user }) => user === 'admin'))(
    'a token without a Flex role may not: $doing ($named), without calling Twilio',
    async ({ path, fields, user }) => {
      const bearer = await service.sandbox.tokenFor('admin', { roles: ['wfo.full_access'] });
      expectForbidden(await post(service, path, await fields(user), { bearer }));
      expect(asked()).toEqual([]);
    },
  );
});

describe('with a backend key', () => {
  const scopeOf: Partial<Record<Doing, Action>> = {
    provision: 'provision',
    'lookup anybody': 'lookup',
    'mint anybody': 'mint',
    'deprovision another': 'deprovision',
  };
  const rows = (Object.entries(scopeOf) as [Doing, Action][]).flatMap(([doing, scope]) =>
    Object.entries(ways[doing].fields).map(([named, fields]) => ({
      doing,
      named,
      scope,
      path: ways[doing].path,
      fields,
    })),
  );

  it.each(rows)('scope $scope allows: $doing ($named)', async ({ path, fields, scope }) => {
    const answer = await post(service, path, await fields('agent'), { bearer: only[scope]?.key ?? '' });
    expect([200, 201, 204]).toContain(answer.status);
  });

  it.each(rows)(
    'all scopes but $scope do not allow: $doing ($named), without calling Twilio',
    async ({ path, fields, scope }) => {
      expectForbidden(await post(service, path, await fields('agent'), { bearer: allBut[scope]?.key ?? '' }));
      expect(asked()).toEqual([]);
    },
  );

  it.each(['/lookup', '/mint'])('has no own user, so %s requires one', async (path) => {
    expectForbidden(await post(service, path, {}, { bearer: service.sandbox.backendKey }));
    expect(asked()).toEqual([]);
  });
});

describe('with a token of the identity provider', () => {
  const isAllowed = (doing: Doing, named: string) =>
    (doing === 'lookup own user' || doing === 'mint own user') && named !== 'own SID';
  const rows = cells.filter(({ user }) => user === 'agent');

  it.each(rows.filter(({ doing, named }) => isAllowed(doing, named)))(
    'its user may: $doing ($named)',
    async ({ path, fields, user }) => {
      const answer = await post(service, path, await fields(user), { bearer: provider.token() });
      expect([200, 201]).toContain(answer.status);
      expect(service.sandbox.requestsTo('iam')).toEqual([]);
    },
  );

  it.each(rows.filter(({ doing, named }) => !isAllowed(doing, named)))(
    'its user may not: $doing ($named), and no request is made',
    async ({ path, fields, user }) => {
      expectForbidden(await post(service, path, await fields(user), { bearer: provider.token() }));
      expect(asked()).toEqual([]);
    },
  );
});

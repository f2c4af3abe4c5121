import fc from 'fast-check';
import { ACTIONS } from '../../src/contract/functions';
import { handler as config } from '../../src/functions/config';
import { handler as deprovision } from '../../src/functions/deprovision';
import { handler as lookup } from '../../src/functions/lookup';
import { handler as mint } from '../../src/functions/mint';
import { handler as provision } from '../../src/functions/provision';
import {
  anyJson,
  anyText,
  brokenSid,
  fieldsLike,
  headerBytes,
  name,
  PROVISION_FIELDS,
  sid,
  tries,
} from '../support/arbitraries';
import { call } from '../support/call';
import { expectCallersFault, expectOnlyAllowed, usersApiChanges, usersApiRequests } from '../support/documented';
import { useSandbox } from '../support/twilio';

const FUNCTIONS = { provision, lookup, mint, deprovision };
type Operation = keyof typeof FUNCTIONS;
const CALLERS = ['backend key', 'admin', 'supervisor', 'agent', 'guest'] as const;
type CallerName = (typeof CALLERS)[number];

const twilio = useSandbox();
let bearers: Record<CallerName, string>;

beforeAll(async () => {
  bearers = {
    'backend key': twilio.sandbox.backendKey,
    admin: await twilio.sandbox.tokenFor('admin'),
    supervisor: await twilio.sandbox.tokenFor('supervisor'),
    agent: await twilio.sandbox.tokenFor('agent'),
    guest: await twilio.sandbox.tokenFor('guest'),
  };
});

/** Usernames, some of which exist. Requires the sandbox to be running. */
const userFields = () => {
  const { agent, supervisor, admin } = twilio.sandbox.users;
  const known = [agent, supervisor, admin];
  return {
    username: fc.oneof(fc.constantFrom(...known.map(({ username }) => username)), name),
    flex_user_sid: fc.oneof(fc.constantFrom(...known.map(({ flexUserSid }) => flexUserSid)), sid('FU')),
  };
};

/** A user is named by one field; by several, now and then. */
const namedLike = (others: Readonly<Record<string, fc.Arbitrary<unknown>>> = {}) => {
  const { username, flex_user_sid } = userFields();
  return fc.oneof(
    { weight: 2, arbitrary: fieldsLike({ username, ...others }) },
    { weight: 2, arbitrary: fieldsLike({ flex_user_sid, ...others }) },
    { weight: 1, arbitrary: fieldsLike({ username, Username: name, flex_user_sid, ...others }) },
  );
};

const FIELDS: Readonly<Record<Operation, () => fc.Arbitrary<object>>> = {
  provision: () =>
    fc.oneof(
      fieldsLike(PROVISION_FIELDS),
      fc.record({ ...PROVISION_FIELDS, worker: fc.record({ attributes: anyJson }) }),
    ),
  lookup: () => namedLike(),
  mint: () => namedLike({ ttl: fc.integer({ min: 1, max: 3600 }) }),
  deprovision: () => namedLike(),
};

/** What is accepted in any case, since a property of refusals alone would say little. */
const EXAMPLES: Readonly<Record<Operation, object>> = {
  provision: { username: 'x', email: 'x', full_name: 'x', roles: ['agent'] },
  lookup: { username: 'agent@example.com' },
  mint: { username: 'agent@example.com' },
  deprovision: { username: 'agent@example.com' },
};

const contentType = fc.constantFrom('application/json', 'application/x-www-form-urlencoded', 'text/plain', undefined);

describe.each(ACTIONS)('%s', (operation) => {
  it('responds as documented to any JSON value in any field from any caller, and makes only documented requests to Twilio', async () => {
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...CALLERS), contentType, FIELDS[operation](), async (caller, type, fields) => {
        twilio.sandbox.reset();
        const answer = await call(FUNCTIONS[operation], twilio.settings, {
          headers: { 'content-type': type, authorization: `Bearer ${bearers[caller]}` },
          fields,
        });
        expectCallersFault(answer);
        expectOnlyAllowed(operation, twilio.sandbox.requests);
        if (answer.status < 300) accepted += 1;
        // 400 comes before any request to Twilio, unless Twilio refused the values.
        if (answer.status === 400 && !answer.body.upstream)
          expect(usersApiRequests(twilio.sandbox.requests)).toEqual([]);
        if (answer.status === 403) expect(usersApiChanges(twilio.sandbox.requests)).toEqual([]);
        if (caller === 'guest') {
          expect([400, 403]).toContain(answer.status);
          expect(usersApiRequests(twilio.sandbox.requests)).toEqual([]);
        }
      }),
      { ...tries(150), examples: [['backend key', 'application/json', EXAMPLES[operation]]] },
    );
    expect(accepted).toBeGreaterThan(0);
  });

  it('responds to any value in a field `request` as documented, because no header is trusted because of its place', async () => {
    const good = { authorization: `Bearer ${twilio.sandbox.backendKey}`, 'content-type': 'application/json' };
    const headers = fieldsLike({
      authorization: fc.constant(good.authorization),
      'content-type': fc.constant(good['content-type']),
      origin: fc.constantFrom('https://flex.twilio.com', 'https://evil.example', 'null', '*'),
    });
    const request = fc.oneof(anyJson, fc.record({ headers: anyJson }), fc.record({ headers }));
    await fc.assert(
      fc.asyncProperty(request, anyJson, async (request, Token) => {
        twilio.sandbox.reset();
        const answer = await call(FUNCTIONS[operation], twilio.settings, {
          bearer: twilio.sandbox.backendKey,
          fields: { request, Token, username: 'nobody@example.com' },
        });
        expectCallersFault(answer);
        expectOnlyAllowed(operation, twilio.sandbox.requests);
        expect([undefined, 'https://flex.twilio.com']).toContain(answer.headers['access-control-allow-origin']);
        if (answer.status === 401) expect(usersApiRequests(twilio.sandbox.requests)).toEqual([]);
      }),
      tries(100),
    );
  });

  it('responds as documented to headers of any kind with a valid key, even if the content type is an object', async () => {
    await fc.assert(
      fc.asyncProperty(anyJson, anyJson, async (type, origin) => {
        twilio.sandbox.reset();
        const request = {
          headers: { authorization: `Bearer ${twilio.sandbox.backendKey}`, 'content-type': type, origin },
        };
        const answer = await call(FUNCTIONS[operation], twilio.settings, { fields: { request } });
        expectCallersFault(answer);
        expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
        expect([400, 403]).toContain(answer.status);
        expect(twilio.sandbox.requests).toEqual([]);
      }),
      tries(100),
    );
    const unprintable = { toString: 1, valueOf: 1 };
    const request = { headers: { authorization: `Bearer ${twilio.sandbox.backendKey}`, 'content-type': unprintable } };
    expectCallersFault(await call(FUNCTIONS[operation], twilio.settings, { fields: { request } }));
  });

  it('returns 401 for any bytes as a credential, without calling the Flex Users API', async () => {
    const scheme = fc.constantFrom('Bearer ', 'bearer  ', 'Bearer fbk_', 'Bearer fbk_sandbox.', 'Basic ', '');
    await fc.assert(
      fc.asyncProperty(scheme, headerBytes, async (scheme, bytes) => {
        twilio.sandbox.reset();
        // Node hands header bytes over as Latin-1.
        const authorization = scheme + bytes.toString('latin1');
        const answer = await call(FUNCTIONS[operation], twilio.settings, {
          headers: { authorization },
          fields: { username: twilio.sandbox.users.agent.username },
        });
        expectCallersFault(answer);
        expect(answer.status).toBe(401);
        // Only Twilio decides whether a possible token is valid.
        expect(twilio.sandbox.requestsTo('flex-api')).toEqual([]);
        if (!/^bearer\s+[\w.~+/-]+=*$/i.test(authorization)) expect(twilio.sandbox.requests).toEqual([]);
      }),
      tries(100),
    );
  });

  it('returns 401 for any JSON value in the field Token, without calling the Flex Users API', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyJson, fc.base64String()), async (Token) => {
        twilio.sandbox.reset();
        const answer = await call(FUNCTIONS[operation], twilio.settings, { fields: { Token } });
        expectCallersFault(answer);
        expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
        expect(twilio.sandbox.requestsTo('flex-api')).toEqual([]);
      }),
      tries(100),
    );
  });
});

describe.each(['lookup', 'mint', 'deprovision'] as const)('%s, by a SID', (operation) => {
  it('refuses slashes, dots, percent signs and other scripts with 400, and puts none of it into a URL', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(brokenSid, anyText), async (flex_user_sid) => {
        const answer = await call(FUNCTIONS[operation], twilio.settings, {
          bearer: twilio.sandbox.backendKey,
          fields: { flex_user_sid },
        });
        expectCallersFault(answer);
        expect(answer).toMatchObject({ status: 400, body: { details: [{ field: 'flex_user_sid' }] } });
        expect(twilio.sandbox.requests).toEqual([]);
      }),
      tries(200),
    );
  });
});

describe('config', () => {
  it('returns the same for any fields and headers, without calling Twilio', async () => {
    const plain = await call(config, twilio.settings);
    await fc.assert(
      fc.asyncProperty(anyJson, fieldsLike(PROVISION_FIELDS), async (request, fields) => {
        const answer = await call(config, twilio.settings, { fields: { ...fields, request } });
        expectCallersFault(answer);
        expect(answer.body).toEqual(plain.body);
        expect(twilio.sandbox.requests).toEqual([]);
      }),
      tries(100),
    );
  });
});

describe('the prototype of all objects', () => {
  it('is left as it was by fields named __proto__ and constructor, in JSON of any depth', async () => {
    const polluting = JSON.parse(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"worker":{"attributes":{"__proto__":{"polluted":1}}}}',
    );
    for (const handler of Object.values(FUNCTIONS)) {
      await call(handler, twilio.settings, { bearer: twilio.sandbox.backendKey, fields: polluting });
    }
    expect(Object.prototype).not.toHaveProperty('polluted');
  });

  it('gives a request no fields: what stands in __proto__ is not a user name', async () => {
    const fields = JSON.parse('{"__proto__":{"username":"agent@example.com","Token":"x"}}');
    const answer = await call(deprovision, twilio.settings, { bearer: twilio.sandbox.backendKey, fields });
    expect(answer).toMatchObject({ status: 400, body: { details: [{ field: 'username' }, { field: '__proto__' }] } });
    expect(twilio.sandbox.requests).toEqual([]);
  });
});

import fc from 'fast-check';
import { handler as deprovision } from '../../src/functions/deprovision';
import { handler as lookup } from '../../src/functions/lookup';
import { handler as mint } from '../../src/functions/mint';
import { handler as provision } from '../../src/functions/provision';
import { anyText, fieldsLike, plainJson, sid, tries } from '../support/arbitraries';
import { call } from '../support/call';
import { expectDocumented, expectOnlyAllowed, usersApiChanges } from '../support/documented';
import { useSandbox } from '../support/twilio';

const twilio = useSandbox();

const json = (value: unknown) => ({ body: JSON.stringify(value), contentType: 'application/json' });

/** Statuses that are not retried, because retries take time. */
const status = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(200, 201) },
  { weight: 1, arbitrary: fc.constantFrom(202, 302, 400, 401, 403, 404, 409, 418, 422, 500, 501) },
);

const user = () => {
  const { supervisor, agent } = twilio.sandbox.users;
  return fieldsLike(
    {
      flex_user_sid: fc.oneof(fc.constantFrom(supervisor.flexUserSid, agent.flexUserSid), sid('FU')),
      username: fc.constantFrom(supervisor.username, supervisor.username, agent.username),
      deactivated: fc.constantFrom(false, false, true, null),
    },
    plainJson,
  );
};
const list = () => fieldsLike({ users: fc.array(user(), { maxLength: 3 }) }, plainJson);
const minted = () =>
  fieldsLike(
    {
      access_token: fc.constantFrom('eyJ.minted', ''),
      token_info: fieldsLike(
        {
          flex_user_sid: fc.constantFrom(
            twilio.sandbox.users.supervisor.flexUserSid,
            twilio.sandbox.users.agent.flexUserSid,
            null,
          ),
        },
        plainJson,
      ),
    },
    plainJson,
  );
const claims = () => {
  const { username, flexUserSid } = twilio.sandbox.users.agent;
  return fieldsLike(
    {
      valid: fc.constantFrom(true, true, true, false),
      roles: fc.subarray(['admin', 'agent', 'supervisor', 'guest']),
      flex_user_sid: fc.constantFrom(flexUserSid, null),
      realm_user_id: fc.constantFrom(username, null),
      flex_instance_sid: fc.constantFrom(twilio.sandbox.instanceSid, null),
      expiration: fc.constantFrom(new Date(Date.now() + 600_000).toISOString(), '2001-01-01T00:00:00Z', null),
    },
    plainJson,
  );
};

/** Text that is JSON of the kind, other JSON, or no JSON at all. */
const textOf = (kind: fc.Arbitrary<unknown>) =>
  fc.oneof(
    { weight: 6, arbitrary: kind.map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: plainJson.map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: anyText.filter((text) => text.isWellFormed()) },
  );

describe('for any response of Twilio', () => {
  const named = () => {
    const { username, flexUserSid } = twilio.sandbox.users.supervisor;
    return fc.constantFrom<object>({ username }, { flex_user_sid: flexUserSid });
  };
  const isAskedFor = (fields: object, answered: Record<string, unknown>) =>
    expect(answered).toMatchObject(Object.fromEntries(Object.entries(fields)));

  it('to a lookup, the response is as documented, and a success is the requested user', async () => {
    await fc.assert(
      fc.asyncProperty(named(), fc.oneof(textOf(user()), textOf(list())), status, async (fields, body, status) => {
        twilio.sandbox.reset();
        twilio.sandbox.fault({ host: 'flex-api', body, contentType: 'application/json', status });
        const answer = await call(lookup, twilio.settings, { bearer: twilio.sandbox.backendKey, fields });
        expectDocumented(answer);
        expect(answer.body.code).not.toBe('internal_error');
        expectOnlyAllowed('lookup', twilio.sandbox.requests);
        if (answer.status === 200) isAskedFor(fields, answer.body);
      }),
      tries(150),
    );
  });

  it('on the way to a token, the response is as documented, and a token is never one for another user', async () => {
    const { supervisor } = twilio.sandbox.users;
    const found = fc.option(fc.tuple(fc.oneof(textOf(user()), textOf(list())), status), { nil: undefined, freq: 1 });
    await fc.assert(
      fc.asyncProperty(named(), found, textOf(minted()), status, async (fields, found, body, status) => {
        twilio.sandbox.reset();
        twilio.sandbox.fault({ host: 'flex-api', method: 'POST', body, contentType: 'application/json', status });
        if (found)
          twilio.sandbox.fault({
            host: 'flex-api',
            method: 'GET',
            body: found[0],
            contentType: 'application/json',
            status: found[1],
          });
        const answer = await call(mint, twilio.settings, { bearer: twilio.sandbox.backendKey, fields });
        expectDocumented(answer);
        expect(answer.body.code).not.toBe('internal_error');
        expectOnlyAllowed('mint', twilio.sandbox.requests);
        if (answer.status < 300) {
          const [deed] = usersApiChanges(twilio.sandbox.requests);
          const minted = answer.body.token_info.flex_user_sid ?? deed?.path.split('/').at(-2);
          expect(deed?.path).toContain(`/${minted}/`);
          if ('flex_user_sid' in fields) expect(minted).toBe(supervisor.flexUserSid);
        } else {
          expect(answer.body).not.toHaveProperty('access_token');
        }
      }),
      tries(150),
    );
  });

  it('before a deprovisioning by an admin, the response is as documented, and admins never deprovision themselves', async () => {
    const { admin } = twilio.sandbox.users;
    const bearer = await twilio.sandbox.tokenFor('admin');
    const self = fc.constant({ flex_user_sid: admin.flexUserSid, username: admin.username });
    const found = fc.oneof(user(), self, fc.record({ users: fc.array(fc.oneof(user(), self), { maxLength: 2 }) }));
    const target = fc.oneof(
      named(),
      fc.constantFrom<object>({ username: admin.username }, { flex_user_sid: admin.flexUserSid }),
    );
    await fc.assert(
      fc.asyncProperty(target, textOf(found), async (fields, body) => {
        twilio.sandbox.reset();
        twilio.sandbox.fault({ host: 'flex-api', method: 'GET', body, contentType: 'application/json' });
        const answer = await call(deprovision, twilio.settings, { bearer, fields });
        expectDocumented(answer);
        expect(answer.body.code).not.toBe('internal_error');
        expectOnlyAllowed('deprovision', twilio.sandbox.requests);
        for (const { json } of usersApiChanges(twilio.sandbox.requests))
          expect(json).not.toEqual({ flex_user_sid: admin.flexUserSid });
        expect(twilio.sandbox.user(admin.username)).toMatchObject({ deactivated: false });
      }),
      tries(120),
    );
  });

  it('of a token, the response is as documented, and only a valid, live admin who is not a guest provisions', async () => {
    let admins = 0;
    const bearer = await twilio.sandbox.tokenFor('agent');
    const fields = { username: 'x', email: 'x', full_name: 'x', roles: ['agent'] };
    await fc.assert(
      fc.asyncProperty(textOf(claims()), status, async (body, status) => {
        twilio.sandbox.reset();
        twilio.sandbox.fault({ host: 'iam', body, contentType: 'application/json', status });
        const answer = await call(provision, twilio.settings, { bearer, fields });
        expectDocumented(answer);
        expect(answer.body.code).not.toBe('internal_error');
        expectOnlyAllowed('provision', twilio.sandbox.requests);
        if (usersApiChanges(twilio.sandbox.requests).length > 0) {
          admins += 1;
          const { valid, roles, expiration, flex_instance_sid } = JSON.parse(body);
          expect({ valid, status }).toEqual({ valid: true, status: 200 });
          expect(roles).toContain('admin');
          expect(roles).not.toContain('guest');
          // An empty string says nothing, as null does.
          expect(Date.parse(expiration || '9999-01-01')).toBeGreaterThan(Date.now());
          expect(flex_instance_sid || twilio.sandbox.instanceSid).toBe(twilio.sandbox.instanceSid);
        }
      }),
      {
        ...tries(200),
        examples: [
          [JSON.stringify({ valid: true, roles: ['admin'] }), 200],
          [JSON.stringify({ valid: true, roles: ['admin'], expiration: '', flex_instance_sid: '' }), 200],
        ],
      },
    );
    expect(admins).toBeGreaterThan(0);
  });

  it('of its configuration, the response is as documented, and only a SID of an instance gets into a URL', async () => {
    const configuration = fieldsLike(
      { flex_instance_sid: fc.oneof(anyText, fc.constantFrom('GO/../x', `GO${'0'.repeat(31)}/`)) },
      plainJson,
    );
    await fc.assert(
      fc.asyncProperty(textOf(configuration), status, async (body, status) => {
        twilio.sandbox.reset();
        twilio.sandbox.fault({
          host: 'flex-api',
          path: /Configuration/,
          body,
          contentType: 'application/json',
          status,
        });
        const answer = await call(lookup, twilio.sandbox.environment(), {
          bearer: twilio.sandbox.backendKey,
          fields: { username: 'x' },
        });
        expectDocumented(answer);
        expect(answer.body.code).not.toBe('internal_error');
        expectOnlyAllowed('lookup', twilio.sandbox.requests);
      }),
      tries(80),
    );
  });
});

describe('Twilio returns another user:', () => {
  const anotherUser = () => ({
    flex_user_sid: twilio.sandbox.users.agent.flexUserSid,
    username: twilio.sandbox.users.agent.username,
  });

  it.each([
    ['lookup', lookup],
    ['mint', mint],
    ['deprovision', deprovision],
  ] as const)('%s finds no user in a list with another username, and does not act on that user', async (_, handler) => {
    for (const username of [
      'Supervisor@example.com',
      'supervisor@example.com ',
      'supervisor＠example.com',
      'agent@example.com',
    ]) {
      twilio.sandbox.fault({
        host: 'flex-api',
        method: 'GET',
        ...json({ users: [{ ...anotherUser(), username }] }),
        times: 1,
      });
      const fields = { username: 'supervisor@example.com' };
      const answer = await call(handler, twilio.settings, { bearer: twilio.sandbox.backendKey, fields });
      expect(answer).toMatchObject({ status: 404, body: { code: 'user_not_found' } });
    }
    expect(usersApiChanges(twilio.sandbox.requests)).toEqual([]);
  });

  it.each([
    ['lookup', lookup],
    ['mint', mint],
  ] as const)('%s does not take a record with another SID, and nothing is minted', async (_, handler) => {
    twilio.sandbox.fault({ host: 'flex-api', method: 'GET', ...json(anotherUser()) });
    const fields = { flex_user_sid: twilio.sandbox.users.supervisor.flexUserSid };
    const answer = await call(handler, twilio.settings, { bearer: twilio.sandbox.backendKey, fields });
    expectDocumented(answer);
    expect(answer).toMatchObject({ status: 502, body: { code: 'upstream_error' } });
    expect(JSON.stringify(answer.body)).not.toContain(anotherUser().flex_user_sid);
    expect(usersApiChanges(twilio.sandbox.requests)).toEqual([]);
  });

  it('a list that holds the same name twice is not taken, neither of the two is minted for', async () => {
    const { username, flexUserSid } = twilio.sandbox.users.supervisor;
    const users = [
      { username, flex_user_sid: flexUserSid },
      { ...anotherUser(), username },
    ];
    twilio.sandbox.fault({ host: 'flex-api', method: 'GET', ...json({ users }) });
    const answer = await call(mint, twilio.settings, { bearer: twilio.sandbox.backendKey, fields: { username } });
    expect(answer).toMatchObject({ status: 502 });
    expect(usersApiChanges(twilio.sandbox.requests)).toEqual([]);
  });

  it('a token that was minted for another SID is withheld with 502', async () => {
    const body = {
      access_token: 'eyJ.of-another',
      token_info: { flex_user_sid: twilio.sandbox.users.admin.flexUserSid },
    };
    twilio.sandbox.fault({ host: 'flex-api', path: /Tokens$/, ...json(body), status: 201 });
    const answer = await call(mint, twilio.settings, { bearer: await twilio.sandbox.tokenFor('agent') });
    expectDocumented(answer);
    expect(answer).toMatchObject({ status: 502, body: { code: 'upstream_error' } });
    expect(JSON.stringify([answer.body, answer.headers, answer.log])).not.toContain('of-another');
  });
});

describe('Twilio returns names that JavaScript knows:', () => {
  const POLLUTION = '"__proto__":{"polluted":1,"deactivated":false},"constructor":{"prototype":{"polluted":1}}';

  afterEach(() => expect(Object.prototype).not.toHaveProperty('polluted'));

  it('a user that has them is passed on as it came, and no object is changed by it', async () => {
    const { username, flexUserSid } = twilio.sandbox.users.agent;
    const text = `{"flex_user_sid":"${flexUserSid}","username":"${username}",${POLLUTION}}`;
    twilio.sandbox.fault({ host: 'flex-api', method: 'GET', body: text, contentType: 'application/json' });
    const answer = await call(lookup, twilio.settings, {
      bearer: twilio.sandbox.backendKey,
      fields: { flex_user_sid: flexUserSid },
    });
    expect(answer.status).toBe(200);
    expect(JSON.stringify(answer.body)).toBe(text);
    expect(answer.body.polluted).toBeUndefined();
  });

  it('a user that has its fields in __proto__ alone is not taken, and no token is minted', async () => {
    const { username, flexUserSid } = twilio.sandbox.users.agent;
    const hidden = `{"__proto__":{"flex_user_sid":"${flexUserSid}","username":"${username}","deactivated":false}}`;
    for (const fields of [{ username }, { flex_user_sid: flexUserSid }]) {
      for (const body of [hidden, `{"users":[${hidden}]}`, `{"__proto__":{"users":[${hidden}]}}`]) {
        twilio.sandbox.fault({ host: 'flex-api', method: 'GET', body, contentType: 'application/json', times: 1 });
        const answer = await call(mint, twilio.settings, { bearer: twilio.sandbox.backendKey, fields });
        expectDocumented(answer);
        expect(answer.status).toBe(502);
      }
    }
    expect(usersApiChanges(twilio.sandbox.requests)).toEqual([]);
  });

  it('a deactivated user that says otherwise in __proto__ gets no token', async () => {
    const { username, flexUserSid } = twilio.sandbox.users.agent;
    const text = `{"flex_user_sid":"${flexUserSid}","username":"${username}","deactivated":true,${POLLUTION}}`;
    twilio.sandbox.fault({ host: 'flex-api', method: 'GET', body: text, contentType: 'application/json' });
    const answer = await call(mint, twilio.settings, {
      bearer: twilio.sandbox.backendKey,
      fields: { flex_user_sid: flexUserSid },
    });
    expect(answer).toMatchObject({ status: 409, body: { code: 'user_deactivated' } });
    expect(usersApiChanges(twilio.sandbox.requests)).toEqual([]);
  });
});

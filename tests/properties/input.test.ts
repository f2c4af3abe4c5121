import fc from 'fast-check';
import { deprovisionRequest, lookupRequest, mintRequest, provisionRequest } from '../../src/api/requests';
import { findCredential } from '../../src/auth/credential';
import { FLEX_ROLES } from '../../src/contract/roles';
import { ApiError } from '../../src/errors';
import { readSettings } from '../../src/settings/settings';
import { anyJson, fieldsLike, name, nested, PROVISION_FIELDS, sid, tries } from '../support/arbitraries';

const settings = readSettings({ ACCOUNT_SID: `AC${'0'.repeat(32)}`, AUTH_TOKEN: 'x', MAX_TOKEN_TTL: '900' });
const headers = (type: string) => ({ request: { headers: { 'content-type': type } } });
const JSON_TYPE = headers('application/json');
const FORM_TYPE = headers('application/x-www-form-urlencoded');

/** What a parser makes of an event: its output, or the faults that it finds. */
function outcome<T>(parse: () => T) {
  try {
    return { output: parse() };
  } catch (error) {
    if (error instanceof ApiError && error.code === 'invalid_request') return { details: error.options.details ?? [] };
    throw error;
  }
}

const parseProvision = (event: unknown) => provisionRequest.parse(event).newUser;

const PARSERS = {
  parseProvision,
  parseLookup: lookupRequest.parse,
  parseMint: (event: unknown) => mintRequest.parse(event, settings),
  parseDeprovision: deprovisionRequest.parse,
};
const USER_FIELDS = { username: name, Username: name, flex_user_sid: sid('FU') };
const MINT_FIELDS = { ...USER_FIELDS, ttl: fc.integer({ min: 1, max: 900 }) };
const GOOD = {
  parseProvision: PROVISION_FIELDS,
  parseLookup: USER_FIELDS,
  parseMint: MINT_FIELDS,
  parseDeprovision: USER_FIELDS,
};
const OWN_FIELDS = {
  parseProvision: ['username', 'email', 'full_name', 'roles', 'worker'],
  parseLookup: ['username', 'Username', 'flex_user_sid'],
  parseMint: ['username', 'Username', 'flex_user_sid', 'ttl'],
  parseDeprovision: ['username', 'Username', 'flex_user_sid'],
};

describe.each(['parseProvision', 'parseLookup', 'parseMint', 'parseDeprovision'] as const)('%s', (parser) => {
  const parse = PARSERS[parser];
  const own = OWN_FIELDS[parser];
  const pick = (fields: object) => Object.fromEntries(Object.entries(fields).filter(([field]) => own.includes(field)));

  it('returns its input or a list of faults, each of a field of the request and named once', () => {
    fc.assert(
      fc.property(
        fc.oneof(fieldsLike(GOOD[parser]), anyJson),
        fc.constantFrom(JSON_TYPE, FORM_TYPE),
        (fields, type) => {
          const event = typeof fields === 'object' && !Array.isArray(fields) ? { ...type, ...fields } : fields;
          const { details } = outcome(() => parse(event));
          if (!details) return;
          expect(details.length).toBeGreaterThan(0);
          for (const { field, message } of details) {
            expect(field).not.toBe('');
            expect(message).not.toBe('');
          }
          expect(new Set(details.map(({ field }) => field)).size).toBe(details.length);
        },
      ),
      tries(700),
    );
  });

  it('refuses a request exactly if it would refuse the known fields, or if there are unknown ones, which it names', () => {
    fc.assert(
      fc.property(fieldsLike(GOOD[parser]), (fields) => {
        const { output, details = [] } = outcome(() => parse({ ...JSON_TYPE, ...fields }));
        const ofKnown = outcome(() => parse({ ...JSON_TYPE, ...pick(fields) }));
        const unknown = Object.keys(fields).filter((field) => !own.includes(field));
        if (unknown.length === 0)
          expect({ output, details }).toEqual({ output: ofKnown.output, details: ofKnown.details ?? [] });
        else
          expect(details.map(({ field }) => field)).toEqual([
            ...(ofKnown.details ?? []).map(({ field }) => field),
            ...unknown,
          ]);
      }),
      tries(300),
    );
  });
});

describe('parseProvision, of what it accepts,', () => {
  it('hands on exactly what was sent: every text, role and attribute, of all that JSON can hold', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fieldsLike(PROVISION_FIELDS), fc.record(PROVISION_FIELDS), (hostile, good) => {
        for (const fields of [hostile, good]) {
          const { output } = outcome(() => parseProvision({ ...JSON_TYPE, ...fields }));
          if (!output) continue;
          accepted += 1;
          const { username, email, full_name, roles, worker } = Object(fields);
          const isGiven = Object.hasOwn(Object(worker), 'attributes');
          const sent = { username, email, fullName: full_name, roles };
          expect(JSON.parse(JSON.stringify(output))).toEqual(
            JSON.parse(JSON.stringify({ ...sent, ...(isGiven && { workerAttributes: worker.attributes }) })),
          );
          expect(output.roles.every((role) => FLEX_ROLES.includes(role))).toBe(true);
          for (const text of [output.username, output.email, output.fullName]) {
            expect([...text].length).toBeGreaterThanOrEqual(1);
            expect([...text].length).toBeLessThanOrEqual(256);
            // UTF-8 can express it.
            expect(Buffer.from(text).toString()).toBe(text);
          }
        }
      }),
      tries(400),
    );
    expect(accepted).toBeGreaterThan(100);
  });

  it('reads a form as it reads JSON', () => {
    fc.assert(
      fc.property(fc.record(PROVISION_FIELDS, { requiredKeys: [] }), fc.boolean(), (fields, isJoined) => {
        const form: Record<string, unknown> = { ...fields };
        if (fields.worker !== undefined) form.worker = JSON.stringify(fields.worker);
        if (fields.roles !== undefined) form.roles = isJoined ? fields.roles.join(',') : fields.roles;
        // As JSON it has been through JSON too.
        const json = JSON.parse(JSON.stringify(fields));
        expect(outcome(() => parseProvision({ ...FORM_TYPE, ...form }))).toEqual(
          outcome(() => parseProvision({ ...JSON_TYPE, ...json })),
        );
      }),
      tries(300),
    );
  });

  it('takes attributes of any depth that can be serialized again, and refuses the rest as a fault of the field', () => {
    const good = { username: 'a', email: 'b', full_name: 'c', roles: ['agent'] };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), (levels) => {
        const event = { ...JSON_TYPE, ...good, worker: { attributes: nested(levels) } };
        const { output, details } = outcome(() => parseProvision(event));
        if (output) expect(() => JSON.stringify(output)).not.toThrow();
        else expect(details).toEqual([{ field: 'worker.attributes', message: expect.any(String) }]);
        expect(output !== undefined).toBe(levels <= 100);
      }),
      tries(100),
    );
  });
});

describe('parseMint', () => {
  it('accepts a ttl that is a whole number from 1 to MAX_TOKEN_TTL, and no other JSON value', () => {
    const value = fc.oneof(fc.integer({ min: -5, max: 1000 }), fc.double(), anyJson);
    fc.assert(
      fc.property(value, (ttl) => {
        const { output } = outcome(() => PARSERS.parseMint({ ...JSON_TYPE, ttl }));
        const isGood = typeof ttl === 'number' && Number.isInteger(ttl) && ttl >= 1 && ttl <= 900;
        expect(output).toEqual(isGood ? { user: { by: 'self' }, ttlSeconds: ttl } : undefined);
      }),
      tries(500),
    );
  });

  it('reads the digits of a form as the number that they are in JSON, and no other text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.integer({ min: -5, max: 1000 }).map(String),
          fc.constantFrom('1e2', '0x10', ' 5', '5 ', '+5', '5.0', '٥', '', 'NaN'),
        ),
        (ttl) => {
          const { output } = outcome(() => PARSERS.parseMint({ ...FORM_TYPE, ttl }));
          const isGood = /^[0-9]+$/.test(ttl) && Number(ttl) >= 1 && Number(ttl) <= 900;
          expect(output).toEqual(isGood ? { user: { by: 'self' }, ttlSeconds: Number(ttl) } : undefined);
        },
      ),
      tries(300),
    );
  });
});

describe.each(['parseLookup', 'parseMint', 'parseDeprovision'] as const)('%s, about the named user,', (parser) => {
  it('passes on the exact username or SID, or none; never a changed one', () => {
    fc.assert(
      fc.property(fieldsLike(USER_FIELDS), (fields) => {
        const { output } = outcome(() => PARSERS[parser]({ ...JSON_TYPE, ...fields }));
        if (!output) return;
        const { user } = output;
        const sent: Record<string, unknown> = { ...fields };
        const usernames = [sent.username, sent.Username];
        if (user.by === 'self')
          expect([...usernames, sent.flex_user_sid]).toEqual([...usernames.map(() => undefined), undefined]);
        if (user.by === 'username') expect(usernames).toContain(user.username);
        if (user.by === 'flex_user_sid') expect(user.flexUserSid).toBe(sent.flex_user_sid);
      }),
      tries(500),
    );
  });
});

describe('an event whose prototype was set by the caller, as `Object.assign` of a field __proto__ does,', () => {
  const hostile = JSON.parse('{"__proto__":{"username":"agent@example.com","Token":"x.y","request":{"headers":{}}}}');

  it('names no user, and shows no credential', () => {
    const event = Object.assign({ ...JSON_TYPE }, hostile);
    expect(event.username).toBe('agent@example.com');
    expect(outcome(() => PARSERS.parseDeprovision(event)).details).toEqual([
      expect.objectContaining({ field: 'username' }),
    ]);
    expect(outcome(() => PARSERS.parseLookup(event)).output).toEqual({ user: { by: 'self' } });
    expect(() => findCredential(event)).toThrow(expect.objectContaining({ code: 'missing_credentials' }));
  });
});

import { deprovisionRequest, lookupRequest, mintRequest, provisionRequest } from '../../src/api/requests';
import { ApiError } from '../../src/errors';
import { readSettings } from '../../src/settings/settings';
import { nested } from '../support/arbitraries';

// By example, with exact messages. `tests/properties/input.test.ts` has arbitrary input.

const settings = readSettings({ ACCOUNT_SID: `AC${'0'.repeat(32)}`, AUTH_TOKEN: 'x', MAX_TOKEN_TTL: '900' });

const event = (type: unknown, fields: object) => ({ request: { headers: { 'content-type': type } }, ...fields });
const json = (fields: object) => event('application/json', fields);
const form = (fields: object) => event('application/x-www-form-urlencoded', fields);

const SID = `FU${'a'.repeat(32)}`;
const NEW_USER = { username: 'new', email: 'new@example.com', full_name: 'New', roles: ['agent'] };

const parseProvision = (event: unknown) => provisionRequest.parse(event).newUser;
const provision = (fields: object) => parseProvision(json({ ...NEW_USER, ...fields }));
const mint = (event: unknown) => mintRequest.parse(event, settings);
const parseLookup = lookupRequest.parse;
const parseDeprovision = deprovisionRequest.parse;

/** The faults as the caller reads them. */
function refused(parse: () => unknown): { message: string; details: Record<string, string> } {
  try {
    parse();
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'invalid_request') throw error;
    const { details = [] } = error.options;
    const faults = Object.fromEntries(details.map(({ field, message }) => [field, message]));
    expect(Object.keys(faults)).toHaveLength(details.length);
    return { message: error.message, details: faults };
  }
  throw new Error('no fault was found');
}

describe('a text', () => {
  const TEXT = 'must be a string of 1 to 256 characters';

  it.each(['x', 'x'.repeat(256), '𝒳'.repeat(256), '\ufeff', '…'])('has 1 to 256 characters: %s', (username) => {
    expect(provision({ username })).toMatchObject({ username });
  });

  it.each(['', 'x'.repeat(257), '𝒳'.repeat(257), 7, null, ['x']])('is refused if it is %j', (username) => {
    expect(refused(() => provision({ username })).details).toEqual({ username: TEXT });
  });

  it('is required for each of the three in a new user', () => {
    const { message, details } = refused(() => parseProvision(json({})));
    expect(message).toBe('Invalid fields: username, email, full_name, roles. Fix them and retry.');
    expect(details).toEqual({
      username: `is required: ${TEXT}`,
      email: `is required: ${TEXT}`,
      full_name: `is required: ${TEXT}`,
      roles: 'is required: must be a list of one or more of agent, supervisor, admin',
    });
  });
});

describe('roles', () => {
  const ROLES = 'must be a list of one or more of agent, supervisor, admin';

  it('are a list in JSON', () => {
    expect(provision({ roles: ['agent', 'admin'] })).toMatchObject({ roles: ['agent', 'admin'] });
  });

  it.each([
    [[]],
    ['agent'],
    [['agent', 'boss']],
    [['agent', 7]],
    [['guest']],
    [['Agent']],
    [[['agent']]],
    [{}],
    [null],
  ])('are not %j', (roles) => {
    expect(refused(() => provision({ roles })).details).toEqual({ roles: ROLES });
  });

  it.each([
    ['agent', ['agent']],
    ['agent,admin', ['agent', 'admin']],
    [' agent , admin ', ['agent', 'admin']],
    [
      ['agent', 'admin'],
      ['agent', 'admin'],
    ],
    [
      ['agent,supervisor', 'admin'],
      ['agent', 'supervisor', 'admin'],
    ],
  ])('can be separated by commas in a form: %j', (roles, expected) => {
    expect(parseProvision(form({ ...NEW_USER, roles }))).toMatchObject({ roles: expected });
  });

  it.each(['', 'agent,', 'agent admin', ['agent', { admin: 'x' }], { agent: 'x' }, undefined])(
    'are not %j in a form either',
    (roles) => {
      expect(Object.keys(refused(() => parseProvision(form({ ...NEW_USER, roles }))).details)).toEqual(['roles']);
    },
  );
});

describe('a worker', () => {
  it.each([
    [{}, undefined],
    [{ attributes: {} }, {}],
    [
      { attributes: { skills: ['a', null], level: null, more: { n: 1 } } },
      { skills: ['a', null], level: null, more: { n: 1 } },
    ],
  ])('may be %j', (worker, workerAttributes) => {
    expect(provision({ worker })).toMatchObject({ workerAttributes });
  });

  it.each(['x', 7, null, [], [{}]])('is not %j', (worker) => {
    expect(refused(() => provision({ worker })).details).toEqual({ worker: 'must be an object' });
  });

  it.each(['x', 7, null, []])('has no attributes that are %j', (attributes) => {
    expect(refused(() => provision({ worker: { attributes } })).details).toEqual({
      'worker.attributes': 'must be an object',
    });
  });

  it('has attributes of up to 100 levels, in objects and in arrays', () => {
    const list = (levels: number): unknown => (levels === 0 ? 'x' : [list(levels - 1)]);
    for (const attributes of [nested(100), { flat: 1, list: list(99) }]) {
      expect(provision({ worker: { attributes } })).toMatchObject({ workerAttributes: attributes });
    }
    for (const attributes of [nested(101), { flat: 1, list: list(100) }, { list: list(100), flat: 1 }]) {
      expect(refused(() => provision({ worker: { attributes } })).details).toEqual({
        'worker.attributes': 'must be nested no deeper than 100 levels',
      });
    }
  });

  it('is JSON in a form', () => {
    const fields = { ...NEW_USER, roles: 'agent' };
    const workerAttributes = { skills: ['a'] };
    const worker = JSON.stringify({ attributes: workerAttributes });
    expect(parseProvision(form({ ...fields, worker }))).toMatchObject({ workerAttributes });
    for (const other of ['', '{', 'null', [worker]]) {
      expect(refused(() => parseProvision(form({ ...fields, worker: other }))).details).toEqual({
        worker: 'must be an object',
      });
    }
  });
});

describe('a user', () => {
  const ONE = 'must not be combined with another field: identify the user by one of them';

  it('is identified by user name, by SID, or by Twilio’s own spelling Username', () => {
    for (const parse of [parseLookup, mint, parseDeprovision]) {
      expect(parse(json({ username: 'a' }))).toMatchObject({ user: { by: 'username', username: 'a' } });
      expect(parse(json({ flex_user_sid: SID }))).toMatchObject({ user: { by: 'flex_user_sid', flexUserSid: SID } });
      expect(parse(json({ Username: 'a' }))).toMatchObject({ user: { by: 'username', username: 'a' } });
    }
  });

  it('is the caller if the request names none, except for deprovision', () => {
    for (const parse of [parseLookup, mint]) expect(parse(json({}))).toMatchObject({ user: { by: 'self' } });
    expect(refused(() => parseDeprovision(json({}))).details).toEqual({
      username: 'is required: identify the user by username or flex_user_sid',
    });
  });

  it('cannot be identified by two fields, valid or not', () => {
    for (const parse of [parseLookup, mint, parseDeprovision]) {
      const details = { username: ONE, flex_user_sid: ONE };
      expect(refused(() => parse(json({ username: 'a', flex_user_sid: SID }))).details).toEqual(details);
    }
    expect(refused(() => parseLookup(json({ username: '', Username: 'a' }))).details).toEqual({
      username: 'must be a string of 1 to 256 characters',
      Username: ONE,
    });
  });

  it('has a SID of 32 hexadecimal digits', () => {
    const message = 'must be a Flex user SID: FU and 32 hexadecimal digits';
    expect(refused(() => parseLookup(json({ flex_user_sid: `${SID}0` }))).details).toEqual({ flex_user_sid: message });
  });
});

describe('a ttl', () => {
  const TTL = 'must be a whole number of seconds, at least 1';
  const TOO_LONG = 'must be at most 900 seconds (MAX_TOKEN_TTL)';

  it('defaults to an hour, or to MAX_TOKEN_TTL if that is shorter', () => {
    expect(mint(json({}))).toMatchObject({ ttlSeconds: 900 });
    expect(mintRequest.parse(json({}), { ...settings, maxTokenTtlSeconds: 86_400 })).toMatchObject({
      ttlSeconds: 3600,
    });
  });

  it.each([1, 900])('may be %d', (ttl) => {
    expect(mint(json({ ttl }))).toMatchObject({ ttlSeconds: ttl });
    expect(mint(form({ ttl: String(ttl) }))).toMatchObject({ ttlSeconds: ttl });
  });

  it.each([0, -1, 1.5, '60', null, Number.NaN, true, [60]])('is not %j in JSON', (ttl) => {
    expect(refused(() => mint(json({ ttl }))).details).toEqual({ ttl: TTL });
  });

  it.each(['0', '-1', '1.5', '', ' 60', '60 ', '60x', 'x60', '0x10', '1e2', '1'.repeat(13), ['60'], ['60', '61']])(
    'is not %j in a form',
    (ttl) => {
      expect(refused(() => mint(form({ ttl }))).details).toEqual({ ttl: TTL });
    },
  );

  it('is refused above MAX_TOKEN_TTL, which the message names', () => {
    for (const event of [json({ ttl: 901 }), json({ ttl: 901.5 }), form({ ttl: '901' })]) {
      expect(Object.keys(refused(() => mint(event)).details)).toEqual(['ttl']);
    }
    expect(refused(() => mint(json({ ttl: 901 }))).details).toEqual({ ttl: TOO_LONG });
  });
});

it('advises Content-Type: application/json if JSON was sent as a form', () => {
  const body = JSON.stringify(NEW_USER);
  const { message, details } = refused(() => parseProvision(form({ [body]: '' })));
  expect(message).toMatch(
    /: username, email, full_name, roles, .*\. Fix them and retry\. The body looks like JSON: send it as .*application\/json\.$/,
  );
  expect(Object.keys(details)).toHaveLength(5);
  // In a form, a `=` ends the name.
  expect(refused(() => parseProvision(form({ ' {"a":"b': 'c"}' }))).message).toContain('looks like JSON');
  expect(refused(() => parseProvision(form({ 'a{': '' }))).message).not.toContain('looks like JSON');
});

describe('a body', () => {
  // JSON has numbers. In a form, a number is text.
  const withTextForNumber = (type: unknown) => mint(event(type, { ttl: '60' }));

  it.each(['application/json', 'Application/JSON; charset=utf-8', ['application/json', 'text/plain']])(
    'is JSON if its content type is %j',
    (type) => {
      expect(refused(() => withTextForNumber(type)).details).toHaveProperty('ttl');
    },
  );

  it.each([
    'application/jsonx',
    'text/plain; application/json',
    'application/x-www-form-urlencoded',
    '',
    undefined,
    null,
    ['text/plain', 'application/json'],
    { toString: 1, valueOf: 1 },
  ])('is a form or a query if its content type is %j', (type) => {
    expect(withTextForNumber(type)).toMatchObject({ ttlSeconds: 60 });
  });
});

import { handler as deprovision } from '../../src/functions/deprovision';
import { handler as lookup } from '../../src/functions/lookup';
import { handler as mint } from '../../src/functions/mint';
import { handler as provision } from '../../src/functions/provision';
import { call } from '../support/call';
import { useSandbox } from '../support/twilio';

const twilio = useSandbox();
const FUNCTIONS = { provision, lookup, mint, deprovision };

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const NEW_USER = { username: 'new', email: 'new@example.com', full_name: 'New', roles: ['agent'] };
const AGENT = 'agent@example.com';

/** Sends fields with a backend key. Returns what the response says about each invalid field. */
async function faultsOf(name: keyof typeof FUNCTIONS, fields: object, headers: object = {}) {
  const { backendKey } = twilio.sandbox;
  const response = await call(FUNCTIONS[name], twilio.settings, {
    bearer: backendKey,
    headers: { ...headers },
    fields,
  });
  expect(response).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  expect(twilio.sandbox.requests).toEqual([]);
  const details: { field: string; message: string }[] = response.body.details;
  return Object.fromEntries(details.map(({ field, message }) => [field, message]));
}

const IN_A_FORM = ' In a form, "worker" is one field that holds a JSON object.';
const didYouMean = (field: string, hint = '') => `is not a known field. Did you mean "${field}"?${hint}`;

it('a misspelled field of a supervisor’s lookup is refused instead of returning their own record', async () => {
  const bearer = await twilio.sandbox.tokenFor('supervisor');
  const response = await call(lookup, twilio.settings, { bearer, fields: { userName: AGENT } });
  expect(response).toMatchObject({ status: 400, body: { details: [{ field: 'userName' }] } });
  expect(response.body.message).toBe('Invalid fields: userName. Fix them and retry.');
});

describe('an unknown field that resembles a known one is refused, and the message names that one', () => {
  it.each(['userName', 'user_name', 'USERNAME', 'usrname', 'user', 'username[]', 'username.x'])(
    'lookup: %s suggests username',
    async (field) => {
      expect(await faultsOf('lookup', { [field]: AGENT })).toEqual({ [field]: didYouMean('username') });
    },
  );

  it.each(['flexUserSid', 'flex-user-sid', 'FlexUserSid', 'user_sid', 'sid', 'flex_user_sid[0]'])(
    'lookup: %s suggests flex_user_sid',
    async (field) => {
      expect(await faultsOf('lookup', { [field]: 'x' })).toEqual({ [field]: didYouMean('flex_user_sid') });
    },
  );

  it.each(['TTL', 'ttlSeconds', 'ttl_', 'tll'])('mint: %s suggests ttl', async (field) => {
    expect(await faultsOf('mint', { username: AGENT, [field]: 60 })).toEqual({ [field]: didYouMean('ttl') });
  });

  it.each([
    ['attributes', 'worker.attributes'],
    ['Attributes', 'worker.attributes'],
    ['attribute', 'worker.attributes'],
    ['atributes', 'worker.attributes'],
    ['attributes[language]', 'worker.attributes'],
    ['workerAttributes', 'worker.attributes', IN_A_FORM],
    ['worker_attributes', 'worker.attributes', IN_A_FORM],
    ['worker.attributes', 'worker.attributes', IN_A_FORM],
    ['workers', 'worker', IN_A_FORM],
    ['fullName', 'full_name'],
    ['full-name', 'full_name'],
    ['Fullname', 'full_name'],
    ['e-mail', 'email'],
    ['emial', 'email'],
    ['email_address', 'email'],
    ['Username', 'username'],
    ['role', 'roles'],
    ['token', 'Token'],
  ])('provision: %s suggests %s', async (field, known, hint = '') => {
    expect(await faultsOf('provision', { ...NEW_USER, [field]: 'x' })).toEqual({ [field]: didYouMean(known, hint) });
  });

  it.each(['worker[attributes][language]', 'worker[attributes]', 'worker[attributes][skills][0]', 'worker.attributes'])(
    'provision: %s in a form suggests worker.attributes, and says that worker is a JSON object',
    async (field) => {
      expect(await faultsOf('provision', { ...NEW_USER, roles: 'agent', [field]: 'german' }, FORM)).toEqual({
        [field]: didYouMean('worker.attributes', IN_A_FORM),
      });
    },
  );

  it.each(['roles[]', 'roles[0]', 'Roles', 'rolls'])('provision: %s in a form suggests roles', async (field) => {
    const { username, email, full_name } = NEW_USER;
    expect(await faultsOf('provision', { username, email, full_name, [field]: ['agent'] }, FORM)).toEqual({
      roles: 'is required: must be a list of one or more of agent, supervisor, admin',
      [field]: didYouMean('roles'),
    });
  });
});

it.each(Object.keys(FUNCTIONS) as (keyof typeof FUNCTIONS)[])(
  '%s refuses a field that resembles none, and lists the known ones',
  async (name) => {
    const fields = name === 'provision' ? NEW_USER : { username: AGENT };
    for (const field of ['friendly', 'x', '__proto__', 'constructor', '{', '日本', `${'x'.repeat(64)}username`]) {
      const unknown = JSON.parse(`{${JSON.stringify(field)}: 1}`);
      const [fault] = Object.values(await faultsOf(name, { ...fields, ...unknown }));
      expect(fault).toMatch(/^is not a known field\. Known fields: username, .*\.$/);
    }
  },
);

it('every key of worker but attributes is refused', async () => {
  const worker = { attributes: {}, friendly_name: 'x', Attributes: {}, attribute: {} };
  const expected = {
    'worker.friendly_name': 'is not a known field. Known fields: worker.attributes.',
    'worker.Attributes': didYouMean('worker.attributes'),
    'worker.attribute': didYouMean('worker.attributes'),
  };
  expect(await faultsOf('provision', { ...NEW_USER, worker })).toEqual(expected);
  const form = { ...NEW_USER, roles: 'agent', worker: JSON.stringify(worker) };
  expect(await faultsOf('provision', form, FORM)).toEqual(expected);
  // A worker has no Token and no request.
  expect(await faultsOf('provision', { ...NEW_USER, worker: { Token: 1, request: 1, token: 1 } })).toEqual(
    Object.fromEntries(
      ['worker.Token', 'worker.request', 'worker.token'].map((field) => [
        field,
        'is not a known field. Known fields: worker.attributes.',
      ]),
    ),
  );
});

it('all invalid fields are in one response: missing, malformed, damaged and unknown ones', async () => {
  const fields = { userName: 'new', email: 'a\u0000b', full_name: '', roles: ['boss'], worker: { skills: [] } };
  expect(Object.keys(await faultsOf('provision', fields)).sort()).toEqual(
    ['email', 'full_name', 'roles', 'userName', 'username', 'worker.skills'].sort(),
  );
});

it('accepts Token and request everywhere, and Username if it identifies a user', async () => {
  const Token = await twilio.sandbox.tokenFor('admin');
  const request = { headers: { 'content-type': 'application/json' } };
  for (const name of ['lookup', 'mint', 'deprovision'] as const) {
    const fields = { Token, request, Username: name === 'mint' ? 'admin@example.com' : AGENT };
    expect((await call(FUNCTIONS[name], twilio.settings, { fields })).status).toBeLessThan(300);
  }
  expect((await call(provision, twilio.settings, { fields: { Token, request, ...NEW_USER } })).status).toBe(201);
});

it('the field that is meant is more likely one that is missing', async () => {
  const { username, email, full_name, ...others } = NEW_USER;
  expect(Object.values(await faultsOf('provision', { ...others, username, email, name: full_name }))).toContainEqual(
    expect.stringContaining('Did you mean "full_name"?'),
  );
});

it('an unknown field is refused after the credential was verified, and before the rights are checked', async () => {
  const stranger = await call(mint, twilio.settings, { fields: { userName: AGENT } });
  expect(stranger).toMatchObject({ status: 401, body: { code: 'missing_credentials' } });
  const bearer = await twilio.sandbox.tokenFor('guest');
  expect(await call(mint, twilio.settings, { bearer, fields: { userName: AGENT } })).toMatchObject({ status: 400 });
});

describe('a field name that may be something else', () => {
  it('is not repeated if it is a backend key', async () => {
    const faults = await faultsOf('lookup', { [twilio.sandbox.backendKey]: '' });
    expect(Object.keys(faults)).toEqual(['fbk_…']);
    expect(JSON.stringify(faults)).not.toContain('sandbox');
  });

  it('is not repeated if it is a token with short parts, of a worker either', async () => {
    expect(Object.keys(await faultsOf('lookup', { 'eyJhbGci.short.token': '' }))).toEqual(['eyJ…']);
    const faults = await faultsOf('provision', { ...NEW_USER, worker: { 'eyJhbGci.short.token': '' } });
    expect(JSON.stringify(faults)).not.toContain('short');
  });

  it('is cut short if it is longer than any field, as a token or a body is', async () => {
    const token = await twilio.sandbox.tokenFor('admin');
    expect(Object.keys(await faultsOf('lookup', { [token]: '' }))).toEqual(['eyJ…']);
    expect(Object.keys(await faultsOf('lookup', { ['a'.repeat(24)]: '' }))).toEqual(['a'.repeat(24)]);
    expect(Object.keys(await faultsOf('lookup', { ['a'.repeat(25)]: '' }))).toEqual([`${'a'.repeat(16)}…`]);
    expect(Object.keys(await faultsOf('lookup', { [`a.${'b'.repeat(25)}`]: '' }))).toEqual([`a.${'b'.repeat(14)}…`]);
    const parts = `${'a'.repeat(20)}[${'b'.repeat(20)}].${'c'.repeat(20)}`;
    expect(Object.keys(await faultsOf('lookup', { [`${parts}]`]: '' }))).toEqual([`${parts}]`]);
    expect(Object.keys(await faultsOf('lookup', { [`${parts}].`]: '' }))).toEqual([`${'a'.repeat(16)}…`]);
    expect(Object.keys(await faultsOf('lookup', { 'a\nb\u0000ü': '' }))).toEqual(['a?b??…']);
    expect(Object.keys(await faultsOf('lookup', { '': '' }))).toEqual(['…']);
  });

  it.each(['$filter', '@type', 'first name', 'prénom', '"username"', 'full_name ', 'имя'])(
    'is whole if it has short words: %s',
    async (name) => {
      expect(Object.keys(await faultsOf('lookup', { [name]: '' }))).toEqual([name]);
    },
  );

  it('is one of at most 100 that are listed', async () => {
    const fields = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`x${index}`, '']));
    expect(Object.keys(await faultsOf('lookup', { ...fields, flex_user_sid: '' }))).toHaveLength(101);
  });
});

import { handler as deprovision } from '../../src/functions/deprovision';
import { handler as lookup } from '../../src/functions/lookup';
import { handler as mint } from '../../src/functions/mint';
import { call } from '../support/call';
import { useSandbox } from '../support/twilio';

// Twilio documents 204 for Deprovision. Users of the API have reported 200 and 202, and a record that is gone afterwards.

const twilio = useSandbox();
const fields = { username: 'agent@example.com' };
const asAdmin = async (handler: typeof mint, about: object = fields) =>
  call(handler, twilio.settings, { bearer: await twilio.sandbox.tokenFor('admin'), fields: about });
const asBackend = (handler: typeof mint, about: object = fields) =>
  call(handler, twilio.settings, { bearer: twilio.sandbox.backendKey, fields: about });

describe.each([200, 202, 204] as const)('if Twilio responds to Deprovision with %d', (status) => {
  it('returns an empty 204', async () => {
    for (const record of ['kept', 'gone'] as const) {
      twilio.sandbox.reset();
      twilio.sandbox.deprovisioning({ status, record });
      expect(await asAdmin(deprovision)).toMatchObject({ status: 204, body: '' });
    }
  });
});

it.each([200, 202])('returns an empty 204 also if Twilio responds with %d and an empty body', async (status) => {
  twilio.sandbox.fault({ path: /Deprovision$/, status, body: '' });
  expect(await asBackend(deprovision)).toMatchObject({ status: 204, body: '' });
});

it('returns 404 for every later request about a user whose record is gone', async () => {
  const { flexUserSid } = twilio.sandbox.users.agent;
  twilio.sandbox.deprovisioning({ record: 'gone' });
  expect(await asAdmin(deprovision)).toMatchObject({ status: 204 });
  for (const about of [fields, { flex_user_sid: flexUserSid }]) {
    for (const handler of [lookup, mint, deprovision]) {
      expect(await asBackend(handler, about)).toMatchObject({ status: 404, body: { code: 'user_not_found' } });
    }
  }
});

it.each([
  ['an admin', asAdmin],
  ['a backend key', asBackend],
])('returns 204 to %s if only the response to the attempt before was lost', async (_, as) => {
  const { flexUserSid } = twilio.sandbox.users.agent;
  for (const about of [fields, { flex_user_sid: flexUserSid }]) {
    twilio.sandbox.reset();
    twilio.sandbox.deprovisioning({ status: 200, record: 'gone' });
    twilio.sandbox.fault({ path: /Deprovision$/, reset: 'mid-body', times: 1 });
    expect(await as(deprovision, about)).toMatchObject({ status: 204, body: '' });
    expect(await asBackend(lookup, about)).toMatchObject({ status: 404 });
  }
});

it.each([
  ['a 429, which did nothing', { status: 429 }, 404],
  ['a 503, after which it may be done', { status: 503 }, 204],
])('returns to a backend key, for an unknown user and after %s: %o, %d', async (_, trouble, status) => {
  twilio.sandbox.fault({ path: /Deprovision$/, times: 1, ...trouble });
  expect(await asBackend(deprovision, { flex_user_sid: `FU${'0'.repeat(32)}` })).toMatchObject({ status });
});

it('does not report a retried deprovision as done if Twilio refuses it', async () => {
  twilio.sandbox.deprovisioning({ onCall: ['agent@example.com'] });
  twilio.sandbox.fault({ path: /Deprovision$/, status: 503, times: 1 });
  expect(await asBackend(deprovision)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
});

it('mints no token for a user whose list item outlives the record', async () => {
  twilio.sandbox.fault({ path: /Users\/FU/, method: 'GET', status: 404 });
  expect(await asBackend(mint)).toMatchObject({ status: 404, body: { code: 'user_not_found' } });
});

it('mints no token for a user whose record stays, deactivated, and says only what Twilio documents', async () => {
  expect(await asAdmin(deprovision)).toMatchObject({ status: 204 });
  const response = await asBackend(mint);
  expect(response).toMatchObject({ status: 409, body: { code: 'user_deactivated' } });
  expect(response.body.message).toMatch(/deactivated.*Contact your Flex administrator\. Twilio does not document/);
});

it('returns 400 for an agent on a call, says to retry later, and the agent stays', async () => {
  twilio.sandbox.deprovisioning({ onCall: ['agent@example.com'] });
  const response = await asAdmin(deprovision);
  expect(response).toMatchObject({
    status: 400,
    body: {
      code: 'invalid_request',
      upstream: { status: 400 },
      message: expect.stringContaining('retry after it has ended'),
    },
  });
  expect(response.body).not.toHaveProperty('details');
  expect(twilio.sandbox.user('agent@example.com')).toMatchObject({ deactivated: false });
});

describe('an admin’s request to deprovision themselves is refused before the user is looked up, with 403', () => {
  it.each([
    ['their user name', () => ({ username: 'admin@example.com' })],
    ['their user name in capitals', () => ({ username: 'ADMIN@example.com' })],
    ['their SID', () => ({ flex_user_sid: twilio.sandbox.users.admin.flexUserSid })],
    [
      'their SID in capitals',
      () => ({ flex_user_sid: `FU${twilio.sandbox.users.admin.flexUserSid.slice(2).toUpperCase()}` }),
    ],
  ])('by %s', async (_, about) => {
    twilio.sandbox.fault({ host: 'flex-api', status: 404 });
    const response = await asAdmin(deprovision, about());
    expect(response).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(response.body.message).toContain('your own user');
    expect(twilio.sandbox.requestsTo('flex-api')).toEqual([]);
  });
});

describe('an admin whose token does not say who they are cannot deprovision', () => {
  const unknown = { flex_user_sid: null, realm_user_id: null };
  it.each([
    ['another user', { username: 'agent@example.com' }],
    ['a user who does not exist', { username: 'nobody' }],
    ['their own user', { username: 'admin@example.com' }],
    ['a user by SID', { flex_user_sid: `FU${'0'.repeat(32)}` }],
  ])('%s: 403 that names the token as the reason, without a lookup', async (_, about) => {
    const bearer = await twilio.sandbox.tokenFor('admin', unknown);
    const response = await call(deprovision, twilio.settings, { bearer, fields: about });
    expect(response).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(response.body.message).toMatch(/^This token does not say who you are/);
    expect(response.body.message).not.toContain('your own user');
    expect(twilio.sandbox.requestsTo('flex-api')).toEqual([]);
  });

  it.each([
    ['the SID', { flex_user_sid: null }],
    ['the user name', { realm_user_id: null }],
  ])('but can if only %s is missing', async (_, claims) => {
    const bearer = await twilio.sandbox.tokenFor('admin', claims);
    expect(await call(deprovision, twilio.settings, { bearer, fields })).toMatchObject({ status: 204 });
  });
});

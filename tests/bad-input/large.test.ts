import { ACTIONS } from '../../src/contract/functions';
import { handler as deprovision } from '../../src/functions/deprovision';
import { handler as lookup } from '../../src/functions/lookup';
import { handler as mint } from '../../src/functions/mint';
import { handler as provision } from '../../src/functions/provision';
import { nested } from '../support/arbitraries';
import { call } from '../support/call';
import { expectCallersFault } from '../support/documented';
import { useSandbox } from '../support/twilio';

const FUNCTIONS = { provision, lookup, mint, deprovision };

const MEGABYTES = 10_000_000;

const twilio = useSandbox();

const GOOD = { username: 'a', email: 'b', full_name: 'c', roles: ['agent'] };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

describe('of megabytes,', () => {
  it.each<[string, () => object, string]>([
    ['a user name', () => ({ username: 'x'.repeat(MEGABYTES) }), 'username'],
    ['a user name of surrogate halves', () => ({ username: '\ud800'.repeat(MEGABYTES / 2) }), 'username'],
    ['a list of numbers for roles', () => ({ roles: Array(MEGABYTES / 2).fill(1) }), 'roles'],
    ['a list of wrong roles', () => ({ roles: Array(MEGABYTES / 8).fill('agents') }), 'roles'],
    [
      'a list of roles with a wrong one at its end',
      () => ({ roles: [...Array(MEGABYTES / 8).fill('agent'), 'x'] }),
      'roles',
    ],
    ['an array for a worker', () => ({ worker: Array(MEGABYTES / 2).fill(0) }), 'worker'],
    [
      'a worker nested as deep as the body allows',
      () => ({ worker: { attributes: nested(MEGABYTES / 6) } }),
      'worker.attributes',
    ],
    ['a worker nested deeper than the stack', () => ({ worker: { attributes: nested(20_000) } }), 'worker.attributes'],
  ])('%s is refused with 400, without calling Twilio', async (_, fields, field) => {
    const answer = await call(provision, twilio.settings, {
      bearer: twilio.sandbox.backendKey,
      fields: { ...GOOD, ...fields() },
    });
    expectCallersFault(answer);
    expect(answer).toMatchObject({ status: 400, body: { details: [{ field }] } });
    expect(twilio.sandbox.requests).toEqual([]);
  });

  it.each<[string, () => object]>([
    ['commas for roles', () => ({ roles: ','.repeat(3_000_000) })],
    ['a worker that is not JSON', () => ({ worker: '['.repeat(2_000_000) })],
    [
      'a worker that is JSON, and too deep',
      () => ({ worker: `{"attributes":${'{"a":'.repeat(1e6)}0${'}'.repeat(1e6)}}` }),
    ],
  ])('a form with %s is refused with 400, without calling Twilio', async (_, fields) => {
    const asking = { bearer: twilio.sandbox.backendKey, headers: FORM, fields: { ...GOOD, ...fields() } };
    const answer = await call(provision, twilio.settings, asking);
    expectCallersFault(answer);
    expect(answer.status).toBe(400);
    expect(twilio.sandbox.requests).toEqual([]);
  });

  it('attributes that are wide and shallow reach Twilio whole', async () => {
    const attributes = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`a${index}`, [{ b: index }]]));
    const fields = { ...GOOD, worker: { attributes } };
    const answer = await call(provision, twilio.settings, { bearer: twilio.sandbox.backendKey, fields });
    expect(answer.status).toBe(201);
    expect(twilio.sandbox.requests[0]?.body === JSON.stringify(fields)).toBe(true);
  });

  it.each(ACTIONS)(
    'a credential is refused by %s with 401, and Twilio is sent nothing of that size',
    async (operation) => {
      const token = 'a'.repeat(MEGABYTES);
      for (const asking of [
        { bearer: token },
        { bearer: `fbk_sandbox.${token}` },
        { headers: { authorization: token } },
        { headers: { authorization: `Bearer${' '.repeat(MEGABYTES)}x` } },
        { headers: { authorization: `Bearer ${'='.repeat(MEGABYTES)}x` } },
        { fields: { Token: token } },
      ]) {
        const answer = await call(FUNCTIONS[operation], twilio.settings, asking);
        expectCallersFault(answer);
        // A short token after many blanks is not a large token: Twilio validates it.
        expect(answer.status).toBe(401);
      }
      expect(twilio.sandbox.requestsTo('flex-api')).toEqual([]);
      expect(twilio.sandbox.requests.every(({ body }) => body.length < 20_000)).toBe(true);
    },
  );

  it.each(['lookup', 'mint', 'deprovision'] as const)(
    'a name or a SID is refused by %s with 400, without calling Twilio',
    async (operation) => {
      for (const fields of [{ username: 'x'.repeat(MEGABYTES) }, { flex_user_sid: 'FU'.padEnd(MEGABYTES, '0') }]) {
        const answer = await call(FUNCTIONS[operation], twilio.settings, { bearer: twilio.sandbox.backendKey, fields });
        expectCallersFault(answer);
        expect(answer.status).toBe(400);
      }
      expect(twilio.sandbox.requests).toEqual([]);
    },
  );

  it('an origin is named in no header, and its line in the log is short', async () => {
    const origin = `https://${'x'.repeat(MEGABYTES)}.example`;
    const answer = await call(lookup, twilio.settings, { bearer: 'x', headers: { origin } });
    expectCallersFault(answer);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    expect(JSON.stringify(answer.log).length).toBeLessThan(2000);
  });
});

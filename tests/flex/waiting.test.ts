import { handler as lookup } from '../../src/functions/lookup';
import { call } from '../support/call';
import { useSandbox } from '../support/twilio';
import { describeWaiting } from '../support/waiting';

const twilio = useSandbox();

const ask = () =>
  call(lookup, twilio.settings, { bearer: twilio.sandbox.backendKey, fields: { username: 'agent@example.com' } });

describeWaiting(twilio, 'flex-api', ask);

it.each([
  ['seconds', () => 2],
  ['a date', () => new Date(Date.now() + 3000).toUTCString()],
])('waits as long as Retry-After says (%s)', async (_, retryAfter) => {
  twilio.sandbox.fault({ status: 429, retryAfter: retryAfter(), times: 1 });
  const answer = await ask();
  expect(answer.status).toBe(200);
  expect(answer.ms).toBeGreaterThan(1900);
  const [first, second] = twilio.sandbox.requests;
  expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThan(1900);
});

it('waits 100 ms at the least, then 200, and so on', async () => {
  twilio.sandbox.fault({ status: 503, times: 4 });
  expect(await ask()).toMatchObject({ status: 200 });
  const at = twilio.sandbox.requests.map(({ atMs }) => atMs);
  const waits = at.slice(1).map((time, index) => time - (at[index] ?? 0));
  expect(waits).toHaveLength(4);
  waits.forEach((wait, index) => {
    expect(wait).toBeGreaterThanOrEqual(95 * 2 ** index);
  });
});

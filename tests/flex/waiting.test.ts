import { handler as lookup } from '../../src/functions/lookup';
import { call } from '../support/call';
import { useSandbox } from '../support/twilio';
import { askDuring, describeWaiting } from '../support/waiting';

const twilio = useSandbox();

const ask = () =>
  call(lookup, twilio.settings, { bearer: twilio.sandbox.backendKey, fields: { username: 'agent@example.com' } });

/** Milliseconds between one request and the next. */
const gaps = () => {
  const at = twilio.sandbox.requests.map(({ atMs }) => atMs);
  return at.slice(1).map((time, index) => time - (at[index] ?? 0));
};

describeWaiting(twilio, 'flex-api', ask);

it.each([
  ['seconds', () => 2],
  ['a date', () => new Date(Date.now() + 3000).toUTCString()],
])('waits at least as long as Retry-After says (%s)', async (_, retryAfter) => {
  const answer = await askDuring(twilio, { status: 429, retryAfter: retryAfter(), times: 1 }, ask);
  expect(answer.status).toBe(200);
  expect(gaps()).toEqual([expect.any(Number)]);
  // A date has no fractions of a second.
  expect(gaps()[0]).toBeGreaterThanOrEqual(1900);
  expect(gaps()[0]).toBeLessThan(3200);
});

it('waits 100 to 200 ms before the first retry, then twice as long each time', async () => {
  expect(await askDuring(twilio, { status: 503, times: 4 }, ask)).toMatchObject({ status: 200 });
  expect(gaps()).toHaveLength(4);
  gaps().forEach((gap, index) => {
    expect(gap).toBeGreaterThanOrEqual(100 * 2 ** index - 1);
    if (index < 3) expect(gap).toBeLessThanOrEqual(200 * 2 ** index + 1);
  });
});

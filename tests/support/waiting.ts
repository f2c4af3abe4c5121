import type { Fault } from '../../sandbox/server';
import type { Answer } from './call';
import type { TwilioForTests } from './twilio';

// A Twilio that is late, or has to be asked again, for as long as it takes by the clock on the wall.

type Host = 'iam' | 'flex-api';

/**
 * The tests of what is asked of one host.
 *
 * @param ask looks a user up, which asks this host first
 */
export function describeWaiting(twilio: TwilioForTests, host: Host, ask: () => Promise<Answer>): void {
  const upstream = (status: number) => ({ status: 502, body: { code: 'upstream_error', upstream: { status } } });
  const tooOften = { status: 429, body: { code: 'rate_limited', upstream: { status: 429, code: 20429 } } };
  const broken = { status: 502, body: { status: 502, code: 'upstream_error' } };
  const late = { status: 504, body: { status: 504, code: 'upstream_timeout' } };

  const lasting: [string, Fault, object][] = [
    ['too many requests, still', { status: 429 }, host === 'iam' ? upstream(429) : tooOften],
    ['trouble that stays (503)', { status: 503 }, upstream(503)],
    ['a reset connection', { reset: 'before-headers' }, broken],
    ['a reset in the middle', { reset: 'mid-body' }, broken],
    ['no answer', { hang: 'before-headers' }, late],
    ['half an answer', { hang: 'mid-body' }, late],
  ];

  it.each(lasting)(
    'answers within 9 s, in the documented shape, where there is %s, and nothing else is asked',
    async (_, fault, expected) => {
      twilio.sandbox.fault({ host, ...fault });
      const answer = await ask();
      expect(answer).toMatchObject(expected);
      expect(Object.keys(answer.body).sort().join()).toMatch(/^code,message,status(,upstream)?$/);
      expect(answer.ms).toBeLessThan(9000);
      expect(twilio.sandbox.requests.filter(({ service }) => service !== host)).toEqual([]);
    },
    15_000,
  );

  const passing: [string, Fault][] = [
    ['429', { status: 429 }],
    ['502', { status: 502 }],
    ['503', { status: 503 }],
    ['504', { status: 504 }],
    ['a broken connection', { reset: 'before-headers' }],
    ['a connection that breaks in the middle of the answer', { reset: 'mid-body' }],
  ];

  it.each(passing)('asks again after %s, twice', async (_, fault) => {
    twilio.sandbox.fault({ host, times: 2, ...fault });
    expect(await ask()).toMatchObject({ status: 200 });
    expect(twilio.sandbox.requestsTo(host)).toHaveLength(3);
  });

  it('asks again for as long as there is time', async () => {
    twilio.sandbox.fault({ host, times: 7, status: 503 });
    const answer = await ask();
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.ms).toBeLessThan(9000);
  }, 15_000);

  it('asks again after an attempt without an answer, which is given up after 3 s', async () => {
    twilio.sandbox.fault({ host, times: 1, hang: 'before-headers' });
    const answer = await ask();
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.ms).toBeGreaterThan(2900);
  });
}

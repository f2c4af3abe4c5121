import type { Fault } from '../../sandbox/server';
import type { FunctionResponse } from './call';
import { onTestClock } from './test-clock';
import type { TwilioForTests } from './twilio';

// A Twilio that is late, or needs a retry. The seconds pass on the clock of the test.

type Host = 'iam' | 'flex-api';

/** Orders the fault, then sends the request, and lets time pass as far as that is all it waits for. */
export function askDuring(
  twilio: TwilioForTests,
  fault: Fault,
  ask: () => Promise<FunctionResponse>,
): Promise<FunctionResponse> {
  const { sandbox } = twilio;
  const { host, hang, times = Number.POSITIVE_INFINITY } = fault;
  sandbox.fault(fault);
  const arrived = () => sandbox.requests.filter(({ service }) => service === (host ?? service)).length;
  return onTestClock(ask, (attempts) => hang !== undefined && attempts <= times && arrived() === attempts);
}

/**
 * Tests requests to one host.
 *
 * @param ask looks up a user, with a request to this host first
 */
export function describeWaiting(twilio: TwilioForTests, host: Host, ask: () => Promise<FunctionResponse>): void {
  const during = (fault: Fault) => askDuring(twilio, { host, ...fault }, ask);
  const upstream = (status: number) => ({ status: 502, body: { code: 'upstream_error', upstream: { status } } });
  const tooOften = { status: 429, body: { code: 'rate_limited', upstream: { status: 429, code: 20429 } } };
  const broken = { status: 502, body: { status: 502, code: 'upstream_error' } };
  const late = { status: 504, body: { status: 504, code: 'upstream_timeout' } };

  const lasting: [string, Fault, object][] = [
    ['429 every time', { status: 429 }, host === 'iam' ? upstream(429) : tooOften],
    ['503 every time', { status: 503 }, upstream(503)],
    ['a reset connection every time', { reset: 'before-headers' }, broken],
    ['half a response every time', { reset: 'mid-body' }, broken],
    ['no response', { hang: 'before-headers' }, late],
    ['a response that never ends', { hang: 'mid-body' }, late],
  ];

  it.each(lasting)(
    'returns a documented error within 9 s after %s, and sends no request to another host',
    async (_, fault, expected) => {
      const answer = await during(fault);
      expect(answer).toMatchObject(expected);
      expect(Object.keys(answer.body).sort().join()).toMatch(/^code,message,status(,upstream)?$/);
      expect(answer.ms).toBeLessThan(9000);
      expect(twilio.sandbox.requestsTo(host).length).toBeLessThanOrEqual(8);
      expect(twilio.sandbox.requests.filter(({ service }) => service !== host)).toEqual([]);
    },
  );

  const passing: [string, Fault][] = [
    ['429', { status: 429 }],
    ['502', { status: 502 }],
    ['503', { status: 503 }],
    ['504', { status: 504 }],
    ['a broken connection', { reset: 'before-headers' }],
    ['a connection that breaks in the middle of the response', { reset: 'mid-body' }],
  ];

  it.each(passing)('retries twice after %s', async (_, fault) => {
    expect(await during({ times: 2, ...fault })).toMatchObject({ status: 200 });
    expect(twilio.sandbox.requestsTo(host)).toHaveLength(3);
  });

  it('retries as long as time is left', async () => {
    const answer = await during({ times: 6, status: 503 });
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.ms).toBeLessThan(9000);
  });

  it('gives up an attempt after 3 s without a response, then retries', async () => {
    const answer = await during({ times: 1, hang: 'before-headers' });
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.ms).toBeGreaterThanOrEqual(3000);
    expect(answer.ms).toBeLessThan(3500);
  });
}

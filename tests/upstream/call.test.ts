import { type Attempt, UpstreamCall } from '../../src/upstream/call';
import { UpstreamFailure } from '../../src/upstream/failure';
import { toUpstreamResponse, type UpstreamResponse } from '../../src/upstream/response';

const REQUEST_ID = `RQ${'0'.repeat(32)}`;

const response = (status: number, headers: Readonly<Record<string, string>> = {}): UpstreamResponse =>
  toUpstreamResponse(status, '', (name) => headers[name]);

/** Attempts with these outcomes in turn, the last one forever. `at` has the time of each in ms, `limits` its time limit. */
function attempts(...outcomes: (UpstreamResponse | Error)[]) {
  const startedMs = performance.now();
  const at: number[] = [];
  const limits: number[] = [];
  const attempt: Attempt = async (limitMs) => {
    at.push(performance.now() - startedMs);
    limits.push(limitMs);
    const outcome = outcomes[Math.min(at.length, outcomes.length) - 1];
    if (outcome instanceof Error || outcome === undefined) throw outcome;
    return outcome;
  };
  return { attempt, at, limits };
}

describe('an upstream request', () => {
  // The clock moves only by what the code waits for.
  beforeEach(() => void jest.useFakeTimers({ now: Date.UTC(2030, 0, 1), timerLimit: 100 }));
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  const callWithin = (ms: number) => new UpstreamCall(performance.now() + ms);

  async function requestWithin(ms: number, attempt: Attempt): Promise<UpstreamResponse> {
    const [outcome] = await Promise.allSettled([callWithin(ms).request('Twilio', attempt), jest.runAllTimersAsync()]);
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }

  /** Makes each wait its shortest (0) or its longest (1). */
  const drawing = (share: 0 | 1) => jest.spyOn(Math, 'random').mockReturnValue(share);

  it.each([200, 201, 204, 307, 400, 401, 403, 404, 409, 500, 501])(
    'is made once if the response is %d',
    async (status) => {
      const { attempt, at } = attempts(response(status));
      expect(await requestWithin(5000, attempt)).toEqual(response(status));
      expect(at).toEqual([0]);
    },
  );

  it('is made at once, without a timer', async () => {
    const { attempt } = attempts(response(200));
    expect(await callWithin(5000).request('Twilio', attempt)).toEqual(response(200));
  });

  it.each([429, 502, 503, 504])('is retried if the response is %d', async (status) => {
    const { attempt, at } = attempts(response(status), response(200));
    expect(await requestWithin(5000, attempt)).toEqual(response(200));
    expect(at).toHaveLength(2);
  });

  it.each(['timeout', 'connection'] as const)('is retried if there is no response: %s', async (why) => {
    const { attempt, at } = attempts(new UpstreamFailure(why), response(200));
    expect(await requestWithin(5000, attempt)).toEqual(response(200));
    expect(at).toHaveLength(2);
  });

  it('is retried after at least 100 ms, then twice as long each time, and once more before the deadline', async () => {
    drawing(0);
    const { attempt, at } = attempts(response(503));
    expect(await requestWithin(8500, attempt)).toEqual(response(503));
    expect(at).toEqual([0, 100, 300, 700, 1500, 3100, 6300, 8000]);
  });

  it('is retried after at most 200 ms, then twice as long each time, and once more before the deadline', async () => {
    drawing(1);
    const { attempt, at } = attempts(new UpstreamFailure('connection'));
    await expect(requestWithin(8500, attempt)).rejects.toMatchObject({ code: 'upstream_error' });
    expect(at).toEqual([0, 200, 600, 1400, 3000, 6200, 8000]);
  });

  it('is made at most 8 times within 8.5 s, whatever the waits and the failures', async () => {
    const failures = [response(503), response(429, { 'retry-after': '0' }), new UpstreamFailure('connection')];
    for (const failure of failures) {
      for (const share of [0, 0.001, 0.5, 1]) {
        jest.spyOn(Math, 'random').mockReturnValue(share);
        const { attempt, at } = attempts(failure);
        await requestWithin(8500, attempt).catch(() => {});
        expect(at.length).toBeGreaterThanOrEqual(7);
        expect(at.length).toBeLessThanOrEqual(8);
      }
    }
  });

  it('waits for a random time, so that many callers do not retry at once', async () => {
    jest.spyOn(Math, 'random').mockReturnValueOnce(0.7).mockReturnValueOnce(0.2);
    const { attempt, at } = attempts(response(503), response(503), response(200));
    await requestWithin(5000, attempt);
    expect(at).toEqual([0, 170, 170 + 240]);
  });

  it.each([
    [599, [0]],
    [600, [0, 100]],
    [700, [0, 200]],
    [799, [0, 200]],
    [800, [0, 200, 300]],
    [1100, [0, 200, 600]],
  ])('is retried if 100 ms are left for a wait and 500 ms for the attempt: with %d ms in all', async (ms, expected) => {
    drawing(1);
    const { attempt, at } = attempts(response(503));
    expect(await requestWithin(ms, attempt)).toEqual(response(503));
    expect(at).toEqual(expected);
  });

  it.each([
    ['timeout', 'upstream_timeout'],
    ['connection', 'upstream_error'],
  ] as const)('fails if no attempt gets a response: %s', async (why, code) => {
    const { attempt } = attempts(new UpstreamFailure(why, why === 'connection' ? 'ECONNRESET' : undefined));
    await expect(requestWithin(300, attempt)).rejects.toMatchObject({
      code,
      message: expect.stringContaining('Retry'),
      options: why === 'connection' ? { reason: 'ECONNRESET' } : {},
    });
  });

  it('gives a reason for a broken connection even without a system code', async () => {
    const { attempt } = attempts(new UpstreamFailure('connection'));
    await expect(requestWithin(300, attempt)).rejects.toMatchObject({ options: { reason: 'connection broken' } });
  });

  it('is not retried if the response was too large', async () => {
    const { attempt, at } = attempts(new UpstreamFailure('too-large'), response(200));
    await expect(requestWithin(5000, attempt)).rejects.toMatchObject({
      code: 'upstream_error',
      options: { reason: 'response too large' },
    });
    expect(at).toHaveLength(1);
  });

  it('is not retried after a programming error, which is rethrown', async () => {
    for (const mistake of [new TypeError('ours'), new RangeError('ours')]) {
      const { attempt, at } = attempts(mistake, response(200));
      await expect(requestWithin(5000, attempt)).rejects.toBe(mistake);
      expect(at).toHaveLength(1);
    }
  });

  it.each([-1, 0, 0.9])('is not started if %d ms are left', async (ms) => {
    const { attempt, at } = attempts(response(200));
    await expect(requestWithin(ms, attempt)).rejects.toMatchObject({ code: 'upstream_timeout' });
    expect(at).toEqual([]);
  });

  it('limits each attempt to 3 s, or to the time left if that is shorter', async () => {
    const { attempt, limits } = attempts(response(200));
    // The process is not new, so its clock is not at 0.
    jest.advanceTimersByTime(10_000);
    for (const ms of [8500, 3001, 3000, 2999, 400, 1]) await requestWithin(ms, attempt);
    expect(limits).toEqual([3000, 3000, 3000, 2999, 400, 1]);
  });

  it.each([
    ['seconds', '2', 2000],
    ['a date', 'Tue, 01 Jan 2030 00:00:02 GMT', 2000],
    ['less than the backoff', '0', 100],
    ['a date in the past', 'Mon, 31 Dec 2029 00:00:00 GMT', 100],
  ])('waits as long as Retry-After says: %s', async (_, retryAfter, waitMs) => {
    drawing(0);
    const { attempt, at } = attempts(response(429, { 'retry-after': retryAfter }), response(200));
    expect(await requestWithin(8500, attempt)).toMatchObject({ status: 200 });
    expect(at).toEqual([0, waitMs]);
  });

  it('applies a Retry-After to the next attempt only', async () => {
    drawing(0);
    const { attempt, at } = attempts(
      response(429, { 'retry-after': '2' }),
      new UpstreamFailure('connection'),
      response(200),
    );
    await requestWithin(8500, attempt);
    expect(at).toEqual([0, 2000, 2200]);
  });

  it.each([
    [2499, [0]],
    [2500, [0, 2000]],
  ])('waits for Retry-After only if 500 ms are left for the attempt then: with %d ms in all', async (ms, expected) => {
    const { attempt, at } = attempts(response(429, { 'retry-after': '2' }));
    expect(await requestWithin(ms, attempt)).toMatchObject({ status: 429, retryAfter: '2' });
    expect(at).toEqual(expected);
  });

  it('collects the request IDs of all responses, those of failed attempts too', async () => {
    const call = callWithin(5000);
    const { attempt } = attempts(response(503, { 'twilio-request-id': REQUEST_ID }), response(200));
    await Promise.all([call.request('Twilio', attempt), jest.runAllTimersAsync()]);
    expect(call.requestIds).toStrictEqual([REQUEST_ID]);
  });
});

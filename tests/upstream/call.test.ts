import { type Attempt, UpstreamCall } from '../../src/upstream/call';
import { UpstreamFailure } from '../../src/upstream/failure';
import { toUpstreamResponse, type UpstreamResponse } from '../../src/upstream/response';

const REQUEST_ID = `RQ${'0'.repeat(32)}`;

const response = (status: number, headers: Readonly<Record<string, string>> = {}): UpstreamResponse =>
  toUpstreamResponse(status, '', (name) => headers[name]);

/** Answers in turn, the last one for ever; `at` is after how many ms each attempt was made, `limits` how long it was given. */
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

describe('a request to Twilio', () => {
  // The clock stands still but for what is waited for.
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

  /** Waits are drawn between a shortest and a longest. */
  const drawing = (share: 0 | 1) => jest.spyOn(Math, 'random').mockReturnValue(share);

  it.each([200, 201, 204, 307, 400, 401, 403, 404, 409, 500, 501])('is made once where %d comes', async (status) => {
    const { attempt, at } = attempts(response(status));
    expect(await requestWithin(5000, attempt)).toEqual(response(status));
    expect(at).toEqual([0]);
  });

  it('is made at once: no timer has to go by', async () => {
    const { attempt } = attempts(response(200));
    expect(await callWithin(5000).request('Twilio', attempt)).toEqual(response(200));
  });

  it.each([429, 502, 503, 504])('is made again where %d comes', async (status) => {
    const { attempt, at } = attempts(response(status), response(200));
    expect(await requestWithin(5000, attempt)).toEqual(response(200));
    expect(at).toHaveLength(2);
  });

  it.each(['timeout', 'connection'] as const)('is made again where no answer comes: %s', async (why) => {
    const { attempt, at } = attempts(new UpstreamFailure(why), response(200));
    expect(await requestWithin(5000, attempt)).toEqual(response(200));
    expect(at).toHaveLength(2);
  });

  it('is made again after 100 ms at the least, then 200, and so on up to 1 s, as long as there is time', async () => {
    drawing(0);
    const { attempt, at } = attempts(response(503));
    expect(await requestWithin(8500, attempt)).toEqual(response(503));
    expect(at).toEqual([0, 100, 300, 700, 1500, 2500, 3500, 4500, 5500, 6500, 7500]);
  });

  it('is made again after 200 ms at the most, then 400, and so on up to 1 s', async () => {
    drawing(1);
    const { attempt, at } = attempts(new UpstreamFailure('connection'));
    await expect(requestWithin(8500, attempt)).rejects.toMatchObject({ code: 'upstream_error' });
    expect(at).toEqual([0, 200, 600, 1400, 2400, 3400, 4400, 5400, 6400, 7400]);
  });

  it('draws each wait, since many callers try again', async () => {
    jest.spyOn(Math, 'random').mockReturnValueOnce(0.7).mockReturnValueOnce(0.2);
    const { attempt, at } = attempts(response(503), response(503), response(200));
    await requestWithin(5000, attempt);
    expect(at).toEqual([0, 170, 170 + 240]);
  });

  it.each([
    [449, [0]],
    [450, [0, 200]],
    [849, [0, 200]],
    [850, [0, 200, 600]],
  ])('is made again where the wait may end 250 ms before the time does: of %d ms', async (ms, expected) => {
    drawing(1);
    const { attempt, at } = attempts(response(503));
    expect(await requestWithin(ms, attempt)).toEqual(response(503));
    expect(at).toEqual(expected);
  });

  it.each([
    ['timeout', 'upstream_timeout'],
    ['connection', 'upstream_error'],
  ] as const)('fails where no answer comes in all of the time: %s', async (why, code) => {
    const { attempt } = attempts(new UpstreamFailure(why, why === 'connection' ? 'ECONNRESET' : undefined));
    await expect(requestWithin(300, attempt)).rejects.toMatchObject({
      code,
      message: expect.stringContaining('Retry'),
      options: why === 'connection' ? { reason: 'ECONNRESET' } : {},
    });
  });

  it('says that a connection broke where the system has no word for it', async () => {
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

  it('is not made again after a mistake of our own, which is passed on', async () => {
    for (const mistake of [new TypeError('ours'), new RangeError('ours')]) {
      const { attempt, at } = attempts(mistake, response(200));
      await expect(requestWithin(5000, attempt)).rejects.toBe(mistake);
      expect(at).toHaveLength(1);
    }
  });

  it.each([-1, 0, 0.9])('is not even begun where %d ms are left', async (ms) => {
    const { attempt, at } = attempts(response(200));
    await expect(requestWithin(ms, attempt)).rejects.toMatchObject({ code: 'upstream_timeout' });
    expect(at).toEqual([]);
  });

  it('is given 3 s at the most, and never more than what is left', async () => {
    const { attempt, limits } = attempts(response(200));
    for (const ms of [8500, 3001, 3000, 2999, 400, 1]) await requestWithin(ms, attempt);
    expect(limits).toEqual([3000, 3000, 3000, 2999, 400, 1]);
  });

  it.each([
    ['seconds', '2', 2000],
    ['a date', 'Tue, 01 Jan 2030 00:00:02 GMT', 2000],
    ['less than is waited for anyway', '0', 100],
    ['a date that is past', 'Mon, 31 Dec 2029 00:00:00 GMT', 100],
  ])('waits as long as Retry-After says: %s', async (_, retryAfter, waitMs) => {
    drawing(0);
    const { attempt, at } = attempts(response(429, { 'retry-after': retryAfter }), response(200));
    expect(await requestWithin(8500, attempt)).toMatchObject({ status: 200 });
    expect(at).toEqual([0, waitMs]);
  });

  it('waits for that once alone', async () => {
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
    [2249, [0]],
    [2250, [0, 2000]],
  ])('does not wait for longer than there is time: %d ms', async (ms, expected) => {
    const { attempt, at } = attempts(response(429, { 'retry-after': '2' }));
    expect(await requestWithin(ms, attempt)).toMatchObject({ status: 429, retryAfter: '2' });
    expect(at).toEqual(expected);
  });

  it('collects the ids that Twilio gave, of failed attempts too', async () => {
    const call = callWithin(5000);
    const { attempt } = attempts(response(503, { 'twilio-request-id': REQUEST_ID }), response(200));
    await Promise.all([call.request('Twilio', attempt), jest.runAllTimersAsync()]);
    expect(call.requestIds).toStrictEqual([REQUEST_ID]);
  });
});

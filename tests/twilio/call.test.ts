import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  AnswerBody,
  type Attempt,
  fetchWhole,
  NoAnswer,
  systemCodeOf,
  type TwilioAnswer,
  TwilioCall,
  toAnswer,
} from '../../src/twilio/call';

// With little time, so that what takes seconds at Twilio takes parts of one here.

const REQUEST_ID = `RQ${'0'.repeat(32)}`;

const answer = (status: number, headers: Readonly<Record<string, string>> = {}): TwilioAnswer =>
  toAnswer(status, '', (name) => headers[name]);

/** Answers in turn, the last one for ever; `at` is when each attempt was made, `limits` how long it was given. */
function attempts(...outcomes: (TwilioAnswer | Error)[]) {
  const at: number[] = [];
  const limits: number[] = [];
  const attempt: Attempt = async (limitMs) => {
    at.push(performance.now());
    limits.push(limitMs);
    const outcome = outcomes[Math.min(at.length, outcomes.length) - 1];
    if (outcome instanceof Error || outcome === undefined) throw outcome;
    return outcome;
  };
  return { attempt, at, limits };
}

const callWithin = (ms: number) => new TwilioCall(performance.now() + ms);

describe('a request to Twilio', () => {
  it.each([200, 201, 204, 307, 400, 401, 403, 404, 409, 500, 501])('is made once where %d comes', async (status) => {
    const { attempt, at } = attempts(answer(status));
    expect(await callWithin(5000).request(attempt)).toEqual(answer(status));
    expect(at).toHaveLength(1);
  });

  it.each([429, 502, 503, 504])('is made again where %d comes', async (status) => {
    const { attempt, at } = attempts(answer(status), answer(200));
    expect(await callWithin(5000).request(attempt)).toEqual(answer(200));
    expect(at).toHaveLength(2);
  });

  it.each(['timeout', 'connection'] as const)('is made again where no answer comes: %s', async (why) => {
    const { attempt, at } = attempts(new NoAnswer(why), answer(200));
    expect(await callWithin(5000).request(attempt)).toEqual(answer(200));
    expect(at).toHaveLength(2);
  });

  it('is made again after 100 to 200 ms, then 200 to 400 ms, and so on', async () => {
    const { attempt, at } = attempts(answer(503), answer(503), answer(503), answer(200));
    await callWithin(8500).request(attempt);
    const waits = at.slice(1).map((time, index) => time - (at[index] ?? 0));
    waits.forEach((wait, index) => {
      expect(wait).toBeGreaterThan(98 * 2 ** index);
      expect(wait).toBeLessThan(260 * 2 ** index);
    });
  });

  it('waits another time for each attempt, since many callers try again', async () => {
    const waitOf = async () => {
      const { attempt, at } = attempts(answer(503), answer(200));
      await callWithin(5000).request(attempt);
      return (at[1] ?? 0) - (at[0] ?? 0);
    };
    const waits = await Promise.all(Array.from({ length: 20 }, waitOf));
    expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(20);
  });

  it('gives the last answer where there is no time for another attempt', async () => {
    const { attempt, at } = attempts(answer(503));
    expect(await callWithin(700).request(attempt)).toEqual(answer(503));
    // After the first one 200 ms at the most would have to go by, and 250 ms be left for the next.
    expect(at.length).toBeGreaterThanOrEqual(2);
    expect(at.length).toBeLessThanOrEqual(3);
  });

  it('is not made again where too little time is left for the answer', async () => {
    const { attempt, at } = attempts(answer(503));
    await callWithin(400).request(attempt);
    expect(at).toHaveLength(1);
  });

  it.each([
    ['timeout', 'upstream_timeout'],
    ['connection', 'upstream_error'],
  ] as const)('fails where no answer comes in all of the time: %s', async (why, code) => {
    const { attempt } = attempts(new NoAnswer(why, why === 'connection' ? 'ECONNRESET' : undefined));
    const reason = why === 'connection' ? { reason: 'ECONNRESET' } : {};
    await expect(callWithin(300).request(attempt)).rejects.toMatchObject({ code, options: reason });
  });

  it('says that a connection broke where the system has no word for it', async () => {
    const { attempt } = attempts(new NoAnswer('connection'));
    await expect(callWithin(300).request(attempt)).rejects.toMatchObject({ options: { reason: 'connection broken' } });
  });

  it('is not made again after a mistake of our own, which is passed on', async () => {
    const mistake = new TypeError('ours');
    const { attempt, at } = attempts(mistake, answer(200));
    await expect(callWithin(5000).request(attempt)).rejects.toBe(mistake);
    expect(at).toHaveLength(1);
  });

  it.each([-1, 0])('is not even begun where %d ms are left', async (ms) => {
    const { attempt, at } = attempts(answer(200));
    await expect(callWithin(ms).request(attempt)).rejects.toMatchObject({ code: 'upstream_timeout' });
    expect(at).toEqual([]);
  });

  it('is given 3 s at the most, and never more than what is left', async () => {
    const long = attempts(answer(200));
    await callWithin(8500).request(long.attempt);
    expect(long.limits).toEqual([3000]);
    const short = attempts(answer(200));
    await callWithin(400).request(short.attempt);
    expect(short.limits[0]).toBeGreaterThan(350);
    expect(short.limits[0]).toBeLessThanOrEqual(400);
  });

  it.each([
    ['seconds', () => '1'],
    ['a date', () => new Date(Date.now() + 2000).toUTCString()],
  ])('waits as long as Retry-After says: %s', async (_, retryAfter) => {
    const { attempt, at } = attempts(answer(429, { 'retry-after': retryAfter() }), answer(200));
    expect(await callWithin(8500).request(attempt)).toMatchObject({ status: 200 });
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(980);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeLessThan(2600);
  });

  it('does not wait for longer than there is time', async () => {
    const startedMs = performance.now();
    const { attempt, at } = attempts(answer(429, { 'retry-after': '2' }));
    expect(await callWithin(2000).request(attempt)).toMatchObject({ status: 429, retryAfter: '2' });
    expect(at).toHaveLength(1);
    expect(performance.now() - startedMs).toBeLessThan(500);
  });

  it('collects the ids that Twilio gave, of failed attempts too', async () => {
    const call = callWithin(5000);
    const { attempt } = attempts(answer(503, { 'twilio-request-id': REQUEST_ID }), answer(200));
    await call.request(attempt);
    expect(call.requestIds).toEqual([REQUEST_ID]);
  });
});

describe('an answer', () => {
  it.each([`x${REQUEST_ID}`, `${REQUEST_ID}0`, 'RQ', '', 'somebody@example.com'])(
    'has no request id where the header is none: %s',
    (id) => {
      expect(answer(200, { 'twilio-request-id': id }).requestId).toBeUndefined();
    },
  );

  it.each(['0', '7', '3600', 'Wed, 21 Oct 2026 07:28:00 GMT'])('has a Retry-After: %s', (retryAfter) => {
    expect(answer(429, { 'retry-after': retryAfter })).toMatchObject({ retryAfter });
  });

  it.each(['soon', '', 'x7', '7x', '1'.repeat(10), `${' '.repeat(64)}1 Jan 2030`])('has none: %s', (retryAfter) => {
    expect(answer(429, { 'retry-after': retryAfter }).retryAfter).toBeUndefined();
  });

  it('may come in parts, which may cut a character in two', () => {
    const [body, bytes] = [new AnswerBody(), Buffer.from('a€b')];
    body.add(bytes.subarray(0, 2));
    body.add(bytes.subarray(2));
    body.add('€');
    expect(body.text()).toBe('a€b€');
    expect(new AnswerBody().text()).toBe('');
  });

  it('may have 1 MiB and no byte more', () => {
    const body = new AnswerBody();
    body.add(new Uint8Array(2 ** 20));
    expect(() => body.add('x')).toThrow(expect.objectContaining({ code: 'upstream_error' }));
  });
});

describe('what the system said', () => {
  it.each([
    [{ code: 'ECONNREFUSED' }, 'ECONNREFUSED'],
    [{ cause: { code: 'ENOTFOUND' } }, 'ENOTFOUND'],
    [{ code: 7, cause: { cause: { code: 'EPIPE' } } }, 'EPIPE'],
    [{}, undefined],
    [undefined, undefined],
  ])('is found in %j', (error, code) => {
    expect(systemCodeOf(error)).toBe(code);
  });
});

describe('fetching', () => {
  async function served<T>(listener: RequestListener, use: (origin: string) => Promise<T>): Promise<T> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  it('gives the whole answer, and follows no redirect', async () => {
    const headers = { Location: 'http://127.0.0.1:9/', 'Twilio-Request-Id': REQUEST_ID, 'Retry-After': '7' };
    const got = await served(
      (_, response) => response.writeHead(307, headers).end('body'),
      (origin) => fetchWhole(origin, {}, 2000),
    );
    expect(got).toEqual({ status: 307, text: 'body', requestId: REQUEST_ID, retryAfter: '7' });
  });

  it.each([
    ['before the headers', () => {}],
    ['in the middle of the body', (_, response) => void response.writeHead(200).write('half')],
  ] as [string, RequestListener][])('is given up after its limit, %s', async (_, listener) => {
    const startedMs = performance.now();
    await served(listener, async (origin) => {
      await expect(fetchWhole(origin, {}, 200)).rejects.toMatchObject({ why: 'timeout' });
    });
    expect(performance.now() - startedMs).toBeLessThan(1500);
  });

  it('tells a broken connection from a slow one', async () => {
    await served(
      (request) => request.socket.resetAndDestroy(),
      async (origin) => {
        await expect(fetchWhole(origin, {}, 2000)).rejects.toMatchObject({ why: 'connection' });
      },
    );
  });
});

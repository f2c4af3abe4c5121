import { ResponseBody, toUpstreamResponse } from '../../src/upstream/response';

const REQUEST_ID = `RQ${'0'.repeat(32)}`;

const response = (status: number, headers: Readonly<Record<string, string>>) =>
  toUpstreamResponse(status, '', (name) => headers[name]);

describe('a response', () => {
  it.each([`x${REQUEST_ID}`, `${REQUEST_ID}0`, 'RQ', '', 'user@example.com'])(
    'has no request ID if the header is not one: %s',
    (id) => {
      expect(response(200, { 'twilio-request-id': id }).requestId).toBeUndefined();
    },
  );

  const DATE = 'Wed, 21 Oct 2026 07:28:00';
  const longDate = (length: number) => `${DATE.padEnd(length - 4)} GMT`;

  it.each(['0', '7', '3600', '1'.repeat(9), `${DATE} GMT`, longDate(63)])('has a Retry-After: %s', (retryAfter) => {
    expect(response(429, { 'retry-after': retryAfter })).toMatchObject({ retryAfter });
  });

  it.each(['soon', '', 'x7', '7x', '-1', '1'.repeat(10), 'GMT', 'soon GMT', DATE, longDate(64)])(
    'has none: %s',
    (retryAfter) => {
      expect(response(429, { 'retry-after': retryAfter }).retryAfter).toBeUndefined();
    },
  );

  it('may come in parts, which may cut a character in two', () => {
    const [body, bytes] = [new ResponseBody(), Buffer.from('a€b')];
    body.add(bytes.subarray(0, 2));
    body.add(bytes.subarray(2));
    body.add('€');
    expect(body.text()).toBe('a€b€');
    expect(new ResponseBody().text()).toBe('');
  });

  it('may have 1 MiB and no byte more', () => {
    const body = new ResponseBody();
    body.add(new Uint8Array(2 ** 20));
    expect(() => body.add('x')).toThrow(expect.objectContaining({ why: 'too-large' }));
  });
});

import { serve } from '../../src/http/serve';
import { call } from '../support/call';

describe('the time limit of a call', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('ends the call after 8.5 s with an error, before the platform ends it after 10 s without a response', async () => {
    const answered = jest.fn();
    const answering = call(
      serve('lookup', () => new Promise(() => {})),
      {},
    ).then((answer) => {
      answered();
      return answer;
    });
    await jest.advanceTimersByTimeAsync(8499);
    expect(answered).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    const answer = await answering;
    expect(answer).toMatchObject({
      status: 504,
      body: { code: 'upstream_timeout', message: expect.stringContaining('Retry') },
    });
    expect(answer.log).toMatchObject([
      {
        operation: 'lookup',
        outcome: 'upstream_timeout',
        reason: expect.stringContaining('8500 ms'),
        status: 504,
        ms: 8500,
      },
    ]);
  });

  it('is passed to the work of the call', async () => {
    const now = performance.now();
    const deadlines: number[] = [];
    await call(
      serve('deprovision', async ({ deadlineMs }) => {
        deadlines.push(deadlineMs);
        return { status: 204 };
      }),
      {},
      { fields: { username: 'a' } },
    );
    expect(deadlines).toEqual([now + 8500]);
  });

  it('leaves no timer after the response', async () => {
    await call(
      serve('deprovision', async () => ({ status: 204 })),
      {},
      { fields: { username: 'a' } },
    );
    expect(jest.getTimerCount()).toBe(0);
  });
});

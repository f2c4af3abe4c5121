import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Attempt, UpstreamCall } from '../../src/upstream/call';

/** Stops `Date` at a full second. Timers go on. `jest.useRealTimers()` ends it. */
export function freezeDate(): void {
  jest.useFakeTimers({
    now: Math.ceil(Date.now() / 1000) * 1000,
    doNotFake: [
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setInterval',
      'clearInterval',
      'setTimeout',
      'clearTimeout',
    ],
  });
}

/**
 * Runs `work` on a clock that stands still, however slow the machine is, and jumps to the next timer when only time can help:
 * between two attempts at a request, and while the sandbox withholds a response.
 *
 * @param isWithheld whether the attempt under way gets no response
 */
export async function onTestClock<Result>(
  work: () => Promise<Result>,
  isWithheld: (attempts: number) => boolean = () => false,
): Promise<Result> {
  let attempts = 0;
  let requests = 0;
  let underWay = 0;
  const { request } = UpstreamCall.prototype;
  const watching = jest.spyOn(UpstreamCall.prototype, 'request').mockImplementation(function (
    this: UpstreamCall,
    upstream,
    attempt,
  ) {
    requests += 1;
    const counted: Attempt = (limitMs) => {
      attempts += 1;
      underWay += 1;
      return attempt(limitMs).finally(() => {
        underWay -= 1;
      });
    };
    return request.call(this, upstream, counted).finally(() => {
      requests -= 1;
    });
  });
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate'] });
  let isDone = false;
  const working = Promise.allSettled([work()]).finally(() => {
    isDone = true;
  });
  try {
    while (!isDone) {
      // What a timer or a response has set off comes first.
      await nextTurn();
      await nextTurn();
      // Without a request, the work may be verifying a signature: no timer ends that, but the deadline would cut it short.
      const isWaiting = underWay > 0 ? isWithheld(attempts) : requests > 0;
      if (isWaiting) jest.advanceTimersToNextTimer();
    }
    const [outcome] = await working;
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  } finally {
    jest.useRealTimers();
    watching.mockRestore();
  }
}

import type { Timers } from './edges';
import { Failure } from './failure';

export const STEP_LIMIT_MS = 15_000;

/**
 * The step's own outcome, or `too-slow` after 15 s: the SDK has no time-out, and waits for ever where an answer hangs.
 *
 * @param late is given what the step brings after all, so that it can be put away, or kept
 */
export function within<T>(timers: Timers, step: Promise<T>, late?: (result: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    let over = false;
    const cancel = timers.after(STEP_LIMIT_MS, () => {
      over = true;
      reject(new Failure('too-slow'));
    });
    step
      .then((result) => {
        cancel();
        if (over) late?.(result);
        else resolve(result);
      })
      // Nobody waits any more where a late result is of no use either.
      .catch((error: unknown) => {
        cancel();
        reject(error);
      });
  });
}

import type { Timers } from '../browser/time';
import { Failure } from './failure';

export const STEP_LIMIT_MS = 15_000;

/**
 * Settles as the step does, or rejects with `too-slow` after 15 s. The SDK itself has no time limit.
 *
 * @param late receives a result that arrives after the limit, to discard or to keep it
 */
export function within<T>(timers: Timers, step: Promise<T>, late?: (result: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const cancel = timers.after(STEP_LIMIT_MS, () => {
      isOver = true;
      reject(new Failure('too-slow'));
    });
    step
      .then((result) => {
        cancel();
        if (isOver) late?.(result);
        else resolve(result);
      })
      // Also catches what `late` throws, when nothing waits for this promise any longer.
      .catch((error: unknown) => {
        cancel();
        reject(error);
      });
  });
}

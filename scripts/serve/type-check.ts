import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Checks the types of everything that is served, in a separate process: it would block this one for seconds. */
export interface TypeCheck {
  /** Returns the problems as text: none, if it is empty. */
  readonly check: () => Promise<string>;
}

export function startTypeCheck(): TypeCheck {
  const child = fork(join(__dirname, 'type-check-process.ts'));
  child.unref();
  child.channel?.unref();
  const checkNow = async () => {
    const response = once(child, 'message');
    child.send('check');
    const [problems] = await response;
    return String(problems);
  };
  let last = Promise.resolve('');
  return {
    // One at a time: a response does not say which request it belongs to.
    check: () => {
      last = last.then(checkNow);
      return last;
    },
  };
}

/** npm passes on the signals that the terminal has sent to this process already. */
const SAME_SIGNAL_MS = 1000;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** How a run ends before it is done. */
export interface Ending {
  readonly signal: AbortSignal;
  /** Lets the requests in flight finish, and nothing more. */
  readonly end: (why: string) => void;
}

/** Ends the run at Ctrl-C: at the first one after the requests in flight, at the second one at once. */
export function makeEnding(say: (line: string) => void): Ending {
  const controller = new AbortController();
  const end = (why: string) => {
    if (controller.signal.aborted) return;
    say(why);
    controller.abort();
  };
  let firstMs: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    firstMs ??= performance.now();
    if (signal === 'SIGINT' && performance.now() - firstMs > SAME_SIGNAL_MS) process.exit(1);
    end('Stopping after the requests in flight. Press Ctrl-C again to stop at once.');
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return { signal: controller.signal, end };
}

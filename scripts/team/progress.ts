import { Presets, SingleBar } from 'cli-progress';
import type { Result } from './run';

/** Tells people how far a run is. On standard error, so that the output can be used by other programs. */
export interface Progress {
  readonly start: (total: number) => void;
  readonly count: (result: Result) => void;
  /** Writes a line without breaking the bar. */
  readonly say: (line: string) => void;
  readonly stop: () => void;
}

const USERS_PER_LINE = 10;

/** A bar on a terminal; otherwise a line for every ten users. */
export function makeProgress(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? makeBar(stream) : makeLines(stream);
}

function makeLines(stream: NodeJS.WriteStream): Progress {
  const tally = { total: 0, done: 0, failed: 0 };
  const say = (line: string) => void stream.write(`${line}\n`);
  return {
    start: (total) => {
      tally.total = total;
    },
    count: ({ outcome }) => {
      tally.done += 1;
      if (outcome === 'failed') tally.failed += 1;
      if (tally.done % USERS_PER_LINE === 0) say(`${tally.done} of ${tally.total} users, ${tally.failed} failed`);
    },
    say,
    stop: () => {},
  };
}

function makeBar(stream: NodeJS.WriteStream): Progress {
  const format = '{bar} {value} of {total} users, {failed} failed';
  // Ctrl-C does not end the command at once.
  const bar = new SingleBar({ format, stream, hideCursor: true, gracefulExit: false }, Presets.shades_classic);
  let failed = 0;
  return {
    start: (total) => bar.start(total, 0, { failed }),
    count: ({ outcome }) => {
      if (outcome === 'failed') failed += 1;
      bar.increment(1, { failed });
    },
    // Clears the line that holds the bar, which is drawn again below.
    say: (line) => void stream.write(`\r\x1b[K${line}\n`),
    stop: () => bar.stop(),
  };
}

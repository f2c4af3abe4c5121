import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Checkout } from './checkout';

/** `npm <arguments>` in a checkout, with what it prints. */
export interface NpmRun {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Resolves once the output matches; rejects if the process ends first. */
  readonly printed: (pattern: RegExp) => Promise<void>;
  /** Ends it as Ctrl-C does, or Ctrl-\\ by SIGQUIT, and resolves with the exit code. */
  readonly interrupt: (signal?: 'SIGINT' | 'SIGQUIT') => Promise<number | null>;
  /** Ends `npm` alone, as a supervisor does, and waits until all that it started is gone. */
  readonly terminate: () => Promise<void>;
  readonly ended: Promise<number | null>;
}

export function npm({ folder, temporary, environment }: Checkout, ...parameters: string[]): NpmRun {
  // A separate process group, because Ctrl-C reaches every process of a terminal.
  const child = spawn('npm', ['--silent', ...parameters], {
    cwd: folder,
    detached: true,
    env: { ...process.env, TMPDIR: temporary, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
      for (const listener of listeners) listener();
    });
  }
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    child,
    output: () => output,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (!pattern.test(output)) return;
          listeners.delete(check);
          resolve();
        };
        listeners.add(check);
        check();
        void ended.then(() => reject(new Error(`It ended before it printed ${pattern}:\n${output}`)));
      }),
    interrupt: async (signal = 'SIGINT') => {
      const isRunning = child.exitCode === null && child.signalCode === null;
      if (isRunning && child.pid !== undefined) process.kill(-child.pid, signal);
      return ended;
    },
    terminate: async () => {
      child.kill('SIGTERM');
      // The pipes are closed when the last process that holds them has ended.
      await ended;
    },
    ended,
  };
}

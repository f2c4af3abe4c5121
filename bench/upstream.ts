import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Twilio's response time in the benchmark, from the complete request to the response. Constant, except for the timer's 1 ms. */
export const UPSTREAM_DELAY_MS = 20;

/** Replaces Twilio: a process that responds to each request after {@link UPSTREAM_DELAY_MS}. */
export interface UpstreamServer {
  /** On the loopback interface, over plain HTTP. */
  readonly port: number;
  readonly close: () => Promise<void>;
}

export async function startUpstream(): Promise<UpstreamServer> {
  const server = fork(join(__dirname, 'upstream-process.ts'));
  const ended = once(server, 'exit');
  const [port] = await Promise.race([
    once(server, 'message'),
    ended.then(() => Promise.reject(new Error('no upstream'))),
  ]);
  return {
    port,
    close: async () => {
      server.kill();
      await ended;
    },
  };
}

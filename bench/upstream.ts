import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Twilio's response time in the benchmark, from the complete request to the response. Constant, except for the timer's 1 ms. */
export const UPSTREAM_DELAY_MS = 20;

/** A path of the upstream itself, not of Twilio. Returns the requests since the last call. */
export const TAKE_REQUESTS_PATH = '/requests-of-the-benchmark';

/** Replaces Twilio: a process that responds to each request after {@link UPSTREAM_DELAY_MS}. */
export interface Upstream {
  /** On the loopback interface, over plain HTTP. */
  readonly port: number;
  /** The requests since the last call, in order: `GET https://flex-api.twilio.com/v1/Configuration`. */
  readonly takeRequests: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
}

export async function startUpstream(): Promise<Upstream> {
  const server = fork(join(__dirname, 'upstream-process.ts'));
  const ended = once(server, 'exit');
  const [port] = await Promise.race([
    once(server, 'message'),
    ended.then(() => Promise.reject(new Error('no upstream'))),
  ]);
  return {
    port,
    takeRequests: async () => {
      const response = await fetch(`http://127.0.0.1:${port}${TAKE_REQUESTS_PATH}`);
      return (await response.json()) as string[];
    },
    close: async () => {
      server.kill();
      await ended;
    },
  };
}

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Twilio's time to answer here, from the whole request to the answer; always the same, give or take the timer's 1 ms. */
export const UPSTREAM_DELAY_MS = 20;

/** Of the upstream itself, not of Twilio: hands over what was asked since the last time. */
export const TAKE_REQUESTS_PATH = '/requests-of-the-benchmark';

/** What stands in for Twilio: a process that answers each request after {@link UPSTREAM_DELAY_MS}. */
export interface Upstream {
  /** On the loopback interface, over plain HTTP. */
  readonly port: number;
  /** What has been asked since it was asked last, in order: `GET https://flex-api.twilio.com/v1/Configuration`. */
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

import type { Variables } from './twilio-run';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Keeps requests to this machine away from a proxy, in this process and in those that it starts. With NODE_USE_ENV_PROXY=1, Node sends
 * them through HTTP_PROXY too (22.21 and 24).
 */
export function bypassProxyForLoopback(env: NodeJS.ProcessEnv = process.env): void {
  const listed = env.no_proxy || env.NO_PROXY;
  if (listed === '*') return;
  const hosts = [...new Set([...(listed ? [listed] : []), ...LOOPBACK])].join(',');
  // Programs differ in the one that they read first.
  env.NO_PROXY = hosts;
  env.no_proxy = hosts;
}

/** For a process that talks to this machine alone. */
export const WITHOUT_PROXY: Variables = Object.fromEntries(
  ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].flatMap((name) => [
    [name, undefined],
    [name.toLowerCase(), undefined],
  ]),
);

import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';
import { bundle as writeBundle } from '../local/bundle';
import { bakedSettings } from './baked-settings';
import { readEnvFile } from './env-file';
import { signInErrors } from './sign-in-errors';
import { withoutTelemetry, withTelemetry } from './stand-ins/table';
import { lazyTaskRouter, taskRouterEntry } from './task-router';
import { trimSdk } from './trim-sdk';

const ROOT = resolve(__dirname, '..');
const SOURCE = join(ROOT, 'src/login');
/** The oldest browsers that the page is meant to work in. This lowers syntax and adds no API. */
export const OLDEST_BROWSERS = ['chrome109', 'firefox115', 'safari16.4', 'ios16.4'];
const CLIENT_PARTS = { plain: './login-client.js', telemetry: './login-client-telemetry.js' };
const TASK_ROUTER_PART = './login-taskrouter.js';

export interface LoginBundleOptions {
  /** The folder of `login.html`, to which its scripts are written. */
  folder: string;
  /** The settings that the page may know in advance; those of `.env` by default. */
  env?: Readonly<Record<string, string | undefined>>;
  /** The sandbox that plays Twilio, on this machine. Never in a build made for deploying. */
  unsafeTwilioOrigin?: string;
}

/**
 * Bundles the scripts of `login.html` beside it: `login.js`, which leads to the identity provider and back; the part with
 * the Flex client, loaded when there is a session; and TaskRouter, loaded when a worker is requested. Separate bundles,
 * since esbuild's shared chunks pulled most of the client into the first load.
 */
export async function bundleLogin({ folder, env = readEnvFile(), unsafeTwilioOrigin }: LoginBundleOptions) {
  const origin = unsafeTwilioOrigin === undefined ? undefined : parseLoopbackOrigin(unsafeTwilioOrigin);
  const options: BuildOptions = {
    bundle: true,
    minify: true,
    format: 'esm',
    target: OLDEST_BROWSERS,
    legalComments: 'none',
    logLevel: 'warning',
  };
  const sandboxOrigin = { UNSAFE_TWILIO_ORIGIN: JSON.stringify(origin) ?? 'undefined' };
  const bundle = (entry: BuildOptions, outfile: string, ...plugins: Plugin[]) =>
    writeBundle({
      ...options,
      ...entry,
      outfile: join(folder, outfile),
      plugins: [...(origin === undefined ? [] : [sandboxHosts]), ...plugins],
    });
  // Each a plain value: esbuild makes a module of an object, and imports it into every file.
  const baked = bakedSettings(env);
  const page = {
    entryPoints: [join(SOURCE, 'page.ts')],
    define: {
      BAKED_SETTINGS: baked === undefined ? 'undefined' : JSON.stringify(JSON.stringify(baked)),
      CLIENT_PART: JSON.stringify(CLIENT_PARTS.plain),
      CLIENT_PART_WITH_TELEMETRY: JSON.stringify(CLIENT_PARTS.telemetry),
      ...sandboxOrigin,
    },
  };
  const client = {
    entryPoints: [join(SOURCE, 'client-part.ts')],
    define: { TASK_ROUTER_PART: JSON.stringify(TASK_ROUTER_PART), ...sandboxOrigin },
  };
  await Promise.all([
    bundle(page, 'login.js', signInErrors, trimSdk(withoutTelemetry)),
    bundle(client, CLIENT_PARTS.plain, lazyTaskRouter, trimSdk(withoutTelemetry)),
    bundle(client, CLIENT_PARTS.telemetry, lazyTaskRouter, trimSdk(withTelemetry)),
    bundle({ stdin: taskRouterEntry }, TASK_ROUTER_PART, trimSdk(withoutTelemetry)),
    writeBundle({
      entryPoints: [join(folder, 'login.css')],
      outdir: folder,
      allowOverwrite: true,
      bundle: false,
      minify: true,
      target: OLDEST_BROWSERS,
    }),
  ]);
  if (origin !== undefined) markAsSandbox(join(folder, 'login.html'), origin);
}

/** @throws {Error} for anything but an origin of this machine: tokens are sent there */
export function parseLoopbackOrigin(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.origin !== value || !['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)) {
    throw new Error(`The sandbox must be an origin of this machine, such as http://127.0.0.1:4000, and not "${value}"`);
  }
  return value;
}

const sandboxHosts: Plugin = {
  name: 'sandbox-hosts',
  setup({ onResolve }) {
    onResolve({ filter: /\/twilio-hosts$/ }, () => ({ path: join(SOURCE, 'sdk/unsafe-twilio-origin.ts') }));
  },
};

function markAsSandbox(file: string, origin: string): void {
  const html = readFileSync(file, 'utf8');
  const marked = html
    .replace('https://*.twilio.com', `${origin} https://*.twilio.com`)
    .replace(/(?=<main )/, '<p class="banner">Sandbox: no real Twilio account is involved</p>\n    ');
  writeFileSync(file, marked);
}

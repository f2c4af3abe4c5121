import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';
import { bundle as writeBundle } from '../local/bundle';
import { bakedSettings } from './baked-settings';
import { readEnvFile } from './env-file';
import { signInErrors } from './sign-in-errors';
import { type StandIn, type StandIns, withoutTelemetry, withTelemetry } from './stand-ins/table';

const ROOT = resolve(__dirname, '..');
const SOURCE = join(ROOT, 'src/login');
const STAND_INS = join(__dirname, 'stand-ins');
/** The oldest browsers that the page is meant to work in. This lowers syntax and adds no API. */
export const OLDEST_BROWSERS = ['chrome109', 'firefox115', 'safari16.4', 'ios16.4'];
const CLIENT_PARTS = { plain: './login-client.js', telemetry: './login-client-telemetry.js' };

export interface LoginBundleOptions {
  /** The folder of `login.html`, to which its scripts are written. */
  folder: string;
  /** The settings that the page may know in advance; those of `.env` by default. */
  env?: Readonly<Record<string, string | undefined>>;
  /** The sandbox that plays Twilio, on this machine. Never in a build made for deploying. */
  unsafeTwilioOrigin?: string;
}

/**
 * Bundles the scripts of `login.html` beside it: `login.js`, which leads to the identity provider and back, and the
 * client's part, which is loaded when it is needed. Two bundles, and not one with shared chunks: those pulled most of
 * the client into the first load.
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
    define: {
      BAKED_SETTINGS: JSON.stringify(bakedSettings(env)) ?? 'undefined',
      CLIENT_PARTS: JSON.stringify(CLIENT_PARTS),
      UNSAFE_TWILIO_ORIGIN: JSON.stringify(origin) ?? 'undefined',
    },
  };
  const bundle = (entry: string, outfile: string, standIns: StandIns, ...plugins: Plugin[]) =>
    writeBundle({
      ...options,
      entryPoints: [join(SOURCE, entry)],
      outfile: join(folder, outfile),
      plugins: [...(origin === undefined ? [] : [sandboxHosts]), ...plugins, trimSdk(standIns)],
    });
  await Promise.all([
    bundle('page.ts', 'login.js', withoutTelemetry, signInErrors),
    bundle('client-part.ts', CLIENT_PARTS.plain, withoutTelemetry),
    bundle('client-part.ts', CLIENT_PARTS.telemetry, withTelemetry),
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

/**
 * Keeps of the Flex SDK what a bundle uses. Its files are said to be free of side effects, but not the packages that
 * they import, which would stay whole whether used or not; and some of these have a much smaller stand-in.
 */
export function trimSdk(standIns: StandIns): Plugin {
  return {
    name: 'trim-sdk',
    setup({ onLoad, onResolve, resolve: resolveReally }) {
      onResolve({ filter: /^[^./]/ }, async ({ path, importer, pluginData, ...from }) => {
        if (pluginData === trimSdk || !/[\\/](@twilio[\\/]flex-sdk|twilio-taskrouter)[\\/]/.test(importer)) return;
        const standIn = standIns[path];
        if (standIn) {
          assertKnownUses(readFileSync(importer, 'utf8'), path, standIn, importer);
          return { path, namespace: 'stand-in', pluginData: { standIn, importer }, sideEffects: false };
        }
        const { resolveDir, kind } = from;
        const found = await resolveReally(path, { importer, resolveDir, kind, pluginData: trimSdk });
        return found.namespace === 'file' ? { ...found, sideEffects: false } : found;
      });
      onLoad({ filter: /.*/, namespace: 'stand-in' }, ({ pluginData }) => ({
        contents: standInModule(pluginData.standIn, pluginData.importer),
        resolveDir: STAND_INS,
      }));
      // The SDK contains its whole package.json, for the version in it.
      onLoad({ filter: /[\\/]flex-sdk[\\/]esm[\\/]package\.json\.js$/ }, async ({ path }) => {
        const { version }: { version: string } = JSON.parse(readFileSync(join(path, '../../package.json'), 'utf8'));
        return { contents: `export default ${JSON.stringify({ version })}` };
      });
    },
  };
}

function standInModule({ from, asDefault }: StandIn, importer: string): string {
  const file = from === 'graphql-ws/lib/client' ? graphqlClient(importer) : from;
  if (asDefault) return `export { ${asDefault} as default } from ${JSON.stringify(file)}`;
  const hasDefault = ['./query-string', './lodash-map-keys', './lodash-transform'].includes(from);
  return `export * from ${JSON.stringify(file)};${hasDefault ? `export { default } from ${JSON.stringify(file)}` : ''}`;
}

/**
 * Finds the client of `graphql-ws` by path, since the package does not export it. Resolves the package from the file that
 * imports it, which may lie elsewhere than this project: workspaces hoist packages, and pnpm links them.
 */
export function graphqlClient(importer: string): string {
  return join(dirname(createRequire(importer).resolve('graphql-ws')), 'client.mjs');
}

/**
 * @throws {Error} if the file uses more of the import than its stand-in has, as it may after an update. Missing
 * named exports fail the bundling anyway; this is about members of what is imported.
 */
export function assertKnownUses(source: string, path: string, { uses }: StandIn, importer: string): void {
  for (const name of localNames(source, path)) {
    const used = source.matchAll(new RegExp(`(?<![\\w$.])${name.replaceAll('$', '\\$')}(?:\\.(\\w+)|(\\())`, 'g'));
    for (const [, member, call] of used) {
      const use = call ? '()' : (member ?? '');
      if (!uses.includes(use)) throw new Error(`${importer} uses "${use}" of ${path}: its stand-in does not have that`);
    }
  }
}

function localNames(source: string, path: string): string[] {
  const quoted = path.replaceAll('/', '\\/');
  const imports = [...source.matchAll(new RegExp(`import([^;"']*?)from ?["']${quoted}["']`, 'g'))];
  const names = imports.flatMap(([, clause]) => (clause ?? '').split(/[{},]/));
  // `a as b` and `* as b` are known as `b`.
  return names
    .map(
      (name) =>
        name
          .trim()
          .split(/\s*as /)
          .at(-1) ?? '',
    )
    .filter((name) => name !== '');
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

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Plugin } from 'esbuild';
import type { StandIn, StandIns } from './stand-ins/table';

const STAND_INS = join(__dirname, 'stand-ins');

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
  const hasDefault = ['./sha256', './query-string', './lodash-map-keys', './lodash-transform'].includes(from);
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

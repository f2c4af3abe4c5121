import type { Plugin } from 'esbuild';
import { bundle } from '../local/bundle';
import { lazyModules } from './lazy-modules';

/** Bundles each Function to one file that holds all it needs. @param plugins run before the build’s own */
export async function bundleFunctions(files: readonly string[], outdir: string, ...plugins: Plugin[]): Promise<void> {
  await bundle({
    entryPoints: [...files],
    outdir,
    minify: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    plugins: [...plugins, lazyModules],
  });
}

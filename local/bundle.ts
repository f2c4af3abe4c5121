import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type BuildOptions, build } from 'esbuild';

/**
 * Bundles with esbuild, and writes the files from this process. esbuild's own process would go on writing after this one has removed the
 * folder and ended.
 */
export async function bundle(options: BuildOptions): Promise<void> {
  const { outputFiles } = await build({ logLevel: 'warning', bundle: true, ...options, write: false });
  for (const { path, contents } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, contents);
  }
}

import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { type BuildOptions, build, type OutputFile } from 'esbuild';

interface Bundled {
  /** By paths relative to the folder that the bundle is written to. */
  readonly files: ReadonlyMap<string, OutputFile['contents']>;
  /** When each source file was modified, in milliseconds since 1970. */
  readonly modified: ReadonlyMap<string, number>;
}

/** Keeps the outputs, since `npm run dev` bundles again after every save, and most bundles stay as they were. */
const bundled = new Map<string, Bundled>();

/**
 * Bundles with esbuild, and writes the files from this process. esbuild's own process would go on writing after this one has removed the
 * folder and ended.
 *
 * A bundle of which no source file has changed is written again as it is, to any folder. Plugins must depend on the options and the
 * source files alone.
 */
export async function bundle(options: BuildOptions): Promise<void> {
  const { outdir, outfile = '', ...content } = options;
  const folder = outdir ?? dirname(outfile);
  const key = JSON.stringify([content, basename(outfile)]);
  const known = bundled.get(key);
  const { files } = known && isCurrent(known) ? known : await bundleAgain(options, folder, key);
  for (const [path, contents] of files) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, contents);
  }
}

async function bundleAgain(options: BuildOptions, folder: string, key: string): Promise<Bundled> {
  const startMs = Date.now();
  const { outputFiles, metafile } = await build({
    logLevel: 'warning',
    bundle: true,
    ...options,
    write: false,
    metafile: true,
  });
  const sources = Object.keys(metafile.inputs).filter((path) => modifiedMs(path) > 0);
  const result = {
    files: new Map(outputFiles.map(({ path, contents }) => [relative(folder, path), contents])),
    modified: new Map(sources.map((path) => [path, modifiedMs(path)])),
  };
  // A file that was saved meanwhile may have been read before.
  if (Math.max(...result.modified.values()) < startMs) bundled.set(key, result);
  return result;
}

const isCurrent = ({ modified }: Bundled) => [...modified].every(([path, time]) => modifiedMs(path) === time);

/** Returns 0 if there is no such file, as for a module that a plugin writes. */
const modifiedMs = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

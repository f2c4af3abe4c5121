import { join, resolve } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { functionFiles } from '../../build/build';

const ROOT = resolve(__dirname, '../..');

/** Returns the modules that are evaluated when these files are loaded, or, with `dynamically`, at any time. */
function loaded({ inputs }: Metafile, files: readonly string[], dynamically: boolean): ReadonlySet<string> {
  const found = new Set(files);
  for (const file of found) {
    for (const { path, kind } of inputs[file]?.imports ?? []) {
      if (dynamically || kind !== 'dynamic-import') found.add(path);
    }
  }
  return found;
}

it('Functions load jose only when a token of an identity provider arrives', async () => {
  const entryPoints = functionFiles();
  const options = { bundle: true, write: false, metafile: true, platform: 'node', absWorkingDir: ROOT } as const;
  const { metafile } = await build({ ...options, entryPoints, outdir: 'unwritten', logLevel: 'error' });
  const files = entryPoints.map((file) => file.slice(join(ROOT, '/').length).replaceAll('\\', '/'));
  const ofJose = (dynamically: boolean) =>
    [...loaded(metafile, files, dynamically)].filter((file) => file.includes('node_modules/jose/'));
  expect(ofJose(true)).not.toEqual([]);
  expect(ofJose(false)).toEqual([]);
});

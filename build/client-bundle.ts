import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { bundle } from '../local/bundle';

const SOURCE = resolve(__dirname, '../src/client/flex-auth.ts');

/** Writes the client for plugins and apps beside the page: `flex-auth.js`, and `flex-auth.d.ts` for those who check types. */
export async function bundleClient(folder: string): Promise<void> {
  await bundle({
    entryPoints: [SOURCE],
    outfile: join(folder, 'flex-auth.js'),
    minify: true,
    format: 'esm',
    target: 'es2020',
  });
  const { outputText } = ts.transpileDeclaration(readFileSync(SOURCE, 'utf8'), { fileName: SOURCE });
  writeFileSync(join(folder, 'flex-auth.d.ts'), outputText);
}

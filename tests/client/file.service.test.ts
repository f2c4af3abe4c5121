import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import ts from 'typescript';

const ROOT = resolve(__dirname, '../..');
const SOURCE = join(ROOT, 'src/client/flex-auth.ts');
const SERVED = join(ROOT, 'dist/assets/flex-auth.js');
const DECLARATIONS = join(ROOT, 'dist/assets/flex-auth.d.ts');

/** What a compiler says of these files in somebody else's project: a browser's types, and no others. */
function complaints(files: string[], options: ts.CompilerOptions): string[] {
  const program = ts.createProgram(files, { noEmit: true, types: [], ...options });
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

it.each([
  [
    'strictest',
    { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noImplicitOverride: true },
  ],
  ['of another bundler', { isolatedModules: true, verbatimModuleSyntax: true, erasableSyntaxOnly: true }],
  ['of a Flex plugin', { strict: true, lib: ['lib.dom.d.ts', 'lib.es2018.d.ts'], target: ts.ScriptTarget.ES2017 }],
] as [string, ts.CompilerOptions][])('is a file that a project takes as it is, with settings: %s', (_, options) => {
  const { ESNext: module } = ts.ModuleKind;
  const base = { module, moduleResolution: ts.ModuleResolutionKind.Bundler, target: ts.ScriptTarget.ES2020 };
  expect(complaints([SOURCE, DECLARATIONS], { ...base, ...options })).toEqual([]);
});

it('imports nothing, and is served beside the page in at most 3 kB, gzipped', () => {
  const served = readFileSync(SERVED);
  expect(readFileSync(SOURCE, 'utf8')).not.toMatch(/^import|\bimport\(|\brequire\(/m);
  expect(served.toString()).toMatch(/export\{.*createFlexAuth.*signIn.*\}/);
  expect(gzipSync(served).length).toBeLessThanOrEqual(3000);
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { type Block, blocksOf, PAGES, ROOT } from './support/pages';

const documented = PAGES.flatMap((page) => blocksOf(page, 'ts'));

/** The errors of examples that lie next to a copy of the client. */
function errorsIn(blocks: readonly Block[], target: ts.ScriptTarget): string[] {
  const folder = join(ROOT, 'src/client');
  const page = `declare const button: HTMLElement, alert: HTMLElement, status: HTMLElement;
    declare const showMessage: (error: unknown) => void;\n`;
  const client = `declare const flexAuth: import('./flex-auth').FlexAuth;\nexport {};\n`;
  const examples = new Map(
    blocks.map(({ text }, index) => {
      const definesClient = text.includes('const flexAuth');
      return [join(folder, `example-${index}.ts`), `${page}${definesClient ? '' : client}${text}`];
    }),
  );
  // Flex UI is not installed here: `npm run check:plugin` compiles the plugin with its real types.
  examples.set(
    join(folder, 'flex-ui.d.ts'),
    `declare module '@twilio/flex-ui' {
      const Manager: { getInstance(): {
        store: { getState(): { flex: { session: { ssoTokenPayload?: { token: string } } } } };
      } };
    }`,
  );
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    lib: ['lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.esnext.d.ts'],
    target,
    // For the target of the plugin template, which TypeScript 6 has deprecated.
    ignoreDeprecations: '6.0',
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (file) => examples.has(file) || fileExists(file);
  host.readFile = (file) => examples.get(file) ?? readFile(file);
  host.getSourceFile = (file, version, ...rest) => {
    const example = examples.get(file);
    return example === undefined
      ? getSourceFile(file, version, ...rest)
      : ts.createSourceFile(file, example, version, true);
  };
  const program = ts.createProgram([...examples.keys()], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ file, messageText }) => `${file?.text}\n${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
}

it('the TypeScript examples compile next to a copy of the client', () => {
  expect(documented.length).toBeGreaterThan(5);
  expect(errorsIn(documented, ts.ScriptTarget.ES2022)).toEqual([]);
});

// Its TypeScript refuses, for example, `await` outside of a function. Fragments without imports are not meant to be copied whole.
it('the complete examples for plugins and apps compile with the target of the plugin template too', () => {
  const isComplete = ({ page, text }: Block) =>
    ['README.md', 'docs/client.md'].includes(page) && /^import /m.test(text);
  const examples = documented.filter(isComplete);
  expect(examples.map(({ page }) => page)).toEqual(expect.arrayContaining(['README.md', 'docs/client.md']));
  expect(errorsIn(examples, ts.ScriptTarget.ES5)).toEqual([]);
});

it('the plugin’s snippet in the docs is the file of the example', () => {
  const snippets = blocksOf('docs/client.md', 'ts').map(({ text }) => text.trim());
  expect(snippets).toContain(readFileSync(join(ROOT, 'examples/flex-plugin/src/flexAuth.ts'), 'utf8').trim());
});

it.each(['README.md', 'docs/client.md'])('the snippet with connect() in %s is part of the example app', (page) => {
  const withoutIndentation = (text: string) => text.replaceAll(/^ +/gm, '').trim();
  const app = readFileSync(join(ROOT, 'examples/app/app.ts'), 'utf8');
  const [, region = ''] = /\/\/ #region connect\n(.*?)\n *\/\/ #endregion/s.exec(app) ?? [];
  expect(region).toContain('connect({');
  const snippets = blocksOf(page, 'ts').map(({ text }) => withoutIndentation(text));
  expect(snippets).toContainEqual(expect.stringContaining(withoutIndentation(region)));
});

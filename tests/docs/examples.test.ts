import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { blocksOf, PAGES, ROOT } from './support/pages';

it('the TypeScript examples compile next to a copy of the client', () => {
  const folder = join(ROOT, 'src/client');
  const page = `declare const button: HTMLElement, alert: HTMLElement, status: HTMLElement;
    declare const showMessage: (error: unknown) => void;\n`;
  const client = `declare const flexAuth: import('./flex-auth').FlexAuth;\nexport {};\n`;
  const examples = new Map(
    PAGES.flatMap((name) => blocksOf(name, 'ts')).map(({ text }, index) => {
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
    target: ts.ScriptTarget.ES2022,
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
  const errors = ts
    .getPreEmitDiagnostics(program)
    .map(({ file, messageText }) => `${file?.text}\n${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
  expect(examples.size).toBeGreaterThan(5);
  expect(errors).toEqual([]);
});

it('the plugin’s snippet in the docs is the file of the example', () => {
  const snippets = blocksOf('docs/client.md', 'ts').map(({ text }) => text.trim());
  expect(snippets).toContain(readFileSync(join(ROOT, 'examples/flex-plugin/src/flexAuth.ts'), 'utf8').trim());
});

it('the snippet with connect() in the docs is part of the example app', () => {
  const withoutIndentation = (text: string) => text.replaceAll(/^ +/gm, '').trim();
  const app = readFileSync(join(ROOT, 'examples/app/app.ts'), 'utf8');
  const [, region = ''] = /\/\/ #region connect\n(.*?)\n *\/\/ #endregion/s.exec(app) ?? [];
  expect(region).toContain('connect({');
  const snippets = blocksOf('docs/client.md', 'ts').map(({ text }) => withoutIndentation(text));
  expect(snippets).toContainEqual(expect.stringContaining(withoutIndentation(region)));
});

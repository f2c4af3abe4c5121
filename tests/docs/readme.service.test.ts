import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { type Service, startService } from '../../local/running-service';

const ROOT = resolve(__dirname, '../..');
const PAGES = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'];

const read = (page: string) => readFileSync(join(ROOT, page), 'utf8');
const blocksOf = (page: string, language: string) =>
  [...read(page).matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(([, block]) => block ?? '');

describe('each curl command of the README', () => {
  const commands = blocksOf('README.md', 'bash').filter((block) => block.startsWith('curl'));
  let service: Service;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'flex-readme-'));
    service = await startService();
  });
  afterAll(async () => {
    await service.close();
    rmSync(folder, { recursive: true });
  });

  it.each(commands)('works as it stands there, in its turn: %s', async (command) => {
    const here = command.replaceAll('http://localhost:3000', service.origin).replaceAll('curl ', 'curl --fail ');
    const env = { ...process.env, KEY: service.sandbox.backendKey };
    await expect(promisify(execFile)('bash', ['-euc', here], { cwd: folder, env })).resolves.toBeDefined();
  });

  it('is there for each Function', () => {
    const functions = ['provision', 'lookup', 'mint', 'deprovision', 'config'];
    const asked = functions.filter((name) => commands.some((command) => command.includes(`localhost:3000/${name}`)));
    expect(asked).toEqual(functions);
  });
});

it('has examples in TypeScript that a compiler takes, beside a copy of the client', () => {
  const folder = join(ROOT, 'src/client');
  const prelude = `declare const button: HTMLElement, alert: HTMLElement;\n`;
  const inPlugin = `declare const flexAuth: import('./flex-auth').FlexAuth;\nexport {};\n`;
  const examples = new Map(
    blocksOf('README.md', 'ts').map((block, index) => {
      const definesClient = block.includes('const flexAuth');
      return [join(folder, `example-${index}.ts`), `${prelude}${definesClient ? '' : inPlugin}${block}`];
    }),
  );
  const options: ts.CompilerOptions = {
    ...{ strict: true, noEmit: true, skipLibCheck: true, types: [] },
    ...{ target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
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
  const types = join(ROOT, 'examples/flex-plugin/plugin.d.ts');
  const program = ts.createProgram([...examples.keys(), types], options, host);
  const complaints = ts
    .getPreEmitDiagnostics(program)
    .map(({ file, messageText }) => `${file?.text}\n${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
  expect(examples.size).toBeGreaterThan(5);
  expect(complaints).toEqual([]);
});

it.each(PAGES)('leads nowhere that is not there: the links of %s', (page) => {
  const text = read(page).replaceAll(/^```.*?^```$/gms, '');
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)].map(([, a, b]) => a ?? b ?? '');
  const broken = targets.filter((target) => !/^https:/.test(target) && !leadsSomewhere(page, target));
  expect(broken).toEqual([]);
});

function leadsSomewhere(from: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? from : join(dirname(from), path);
  if (!existsSync(join(ROOT, file))) return false;
  return anchor === undefined || headingsOf(file).includes(anchor);
}

/** The anchors that a forge gives to the headings of a page. */
const headingsOf = (page: string): string[] =>
  [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    (heading ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );

it('lists in its table of commands what package.json has, and what it lists is there', () => {
  const { scripts } = JSON.parse(read('package.json'));
  const [, section = ''] = read('README.md').split('\n## Commands\n');
  const table = [...section.matchAll(/^\| `npm (?:run )?([a-z:-]+)[ `]/gm)].map(([, name]) => name);
  const internal = ['typecheck', 'format'];
  expect([...table].sort()).toEqual(
    Object.keys(scripts)
      .filter((name) => !internal.includes(name))
      .sort(),
  );
});

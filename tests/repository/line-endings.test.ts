import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const PARTS = ['.gitattributes', 'biome.json', 'package.json', 'local', '.ci', 'docs/screenshots'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'line-endings-'));
  const origin = join(folder, 'origin');
  for (const part of PARTS) cpSync(join(ROOT, part), join(origin, part), { recursive: true });
  writeFileSync(join(origin, 'of-another-kind.graphql'), 'type Query { user: String }\n');
  git(origin, 'init', '--quiet');
  git(origin, 'add', '.');
  git(origin, '-c', 'user.name=Test', '-c', 'user.email=test@example.com', 'commit', '--quiet', '--message', 'All');
});
afterAll(() => rmSync(folder, { recursive: true }));

const git = (cwd: string, ...parameters: string[]): string =>
  execFileSync('git', parameters, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

describe.each([
  ['core.autocrlf=true, the default of Git for Windows', ['core.autocrlf=true']],
  ['core.eol=crlf', ['core.eol=crlf', 'core.autocrlf=false']],
  ['core.autocrlf=true and core.safecrlf=warn', ['core.autocrlf=true', 'core.safecrlf=warn']],
  ['core.autocrlf=input', ['core.autocrlf=input']],
])('a clone with %s', (_, settings) => {
  const clone = () => {
    const target = mkdtempSync(join(folder, 'clone-'));
    const parameters = settings.flatMap((setting) => ['--config', setting]);
    git(folder, 'clone', '--quiet', ...parameters, 'origin', target);
    return target;
  };

  it('has line feeds in every text file, leaves pictures as they are, and passes the formatter', () => {
    const target = clone();
    const lines = git(target, 'ls-files', '--eol').trimEnd().split('\n');
    expect(lines.filter((line) => !/ w\/(lf|-text|none) /.test(line))).toEqual([]);
    expect(lines.filter((line) => /\.png$/.test(line) && !/^i\/-text +w\/-text/.test(line))).toEqual([]);
    expect(readFileSync(join(target, 'local/ports.ts'))).toEqual(readFileSync(join(ROOT, 'local/ports.ts')));
    const biome = join(ROOT, 'node_modules/.bin/biome');
    expect(() => execFileSync(biome, ['format', 'local'], { cwd: target, stdio: 'pipe' })).not.toThrow();
  });
});

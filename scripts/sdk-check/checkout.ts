import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const MODULES = join(ROOT, 'node_modules');
const SCOPE = '@twilio';
const SDK = 'flex-sdk';

/** What is neither needed for a check nor part of the project. */
const LEFT_OUT = ['node_modules', 'dist', 'coverage', 'reports'];

/**
 * Copies the project to a temporary folder with another version of the Flex SDK, which npm installs there with its own dependencies.
 * All other packages are links to those of this project. The caller removes `folder`, which holds all of it.
 */
export function checkOutWith(version: string): { readonly folder: string; readonly project: string } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'flex-sdk-check-')));
  const installed = join(folder, 'sdk');
  mkdirSync(installed);
  writeFileSync(join(installed, 'package.json'), '{"private": true}');
  const npm = ['install', '--ignore-scripts', '--no-audit', '--no-fund', `${SCOPE}/${SDK}@${version}`];
  execFileSync('npm', npm, { cwd: installed, stdio: 'inherit', shell: process.platform === 'win32' });

  const project = join(folder, 'project');
  mkdirSync(project);
  for (const name of namesIn(ROOT, LEFT_OUT)) {
    if (!name.startsWith('.')) cpSync(join(ROOT, name), join(project, name), { recursive: true });
  }
  const modules = join(project, 'node_modules');
  const installedModules = join(installed, 'node_modules');
  // The page shares packages with the SDK: it redacts the SDK's log through `loglevel`. So these are the SDK's.
  const shared = readdirSync(installedModules).filter((name) => !/^[.@]/.test(name));
  link(shared, installedModules, modules);
  link(namesIn(MODULES, [SCOPE, ...shared]), MODULES, modules);
  link(namesIn(join(MODULES, SCOPE), [SDK]), join(MODULES, SCOPE), join(modules, SCOPE));
  link([SDK], join(installedModules, SCOPE), join(modules, SCOPE));
  return { folder, project };
}

const namesIn = (folder: string, except: readonly string[]): string[] =>
  readdirSync(folder).filter((name) => !except.includes(name));

function link(names: readonly string[], from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of names) symlinkSync(join(from, name), join(to, name), 'junction');
}

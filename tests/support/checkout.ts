import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const PARTS = [
  'package.json',
  'tsconfig.json',
  '.twilioserverlessrc',
  'src',
  'sandbox',
  'local',
  'examples',
  'build',
  'scripts',
  'assets',
];

/** A copy of the project in a temporary folder, so that a developer's `.env` and `dist` are neither used nor touched. */
export interface Checkout {
  readonly folder: string;
  /** Where its processes put temporary files. */
  readonly temporary: string;
  /** What its processes have in their environment besides this one's. */
  readonly environment: Readonly<Record<string, string>>;
  readonly remove: () => void;
}

export function makeCheckout(env = '', environment: Checkout['environment'] = {}): Checkout {
  const folder = mkdtempSync(join(tmpdir(), 'flex-checkout-'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return copyInto(folder, folder, env, environment);
}

/** The same as a member of an npm workspace: the packages are in the folder of the workspace, and the member has none. */
export function makeWorkspace(): Checkout & { readonly root: string } {
  const root = mkdtempSync(join(tmpdir(), 'flex workspace-'));
  const workspace = { name: 'workspace', private: true, workspaces: ['packages/*'] };
  writeFileSync(join(root, 'package.json'), JSON.stringify(workspace));
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  return { root, ...copyInto(join(root, 'packages/sign-in'), root, '', {}) };
}

function copyInto(folder: string, root: string, env: string, environment: Checkout['environment']): Checkout {
  for (const part of PARTS) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  if (env !== '') writeFileSync(join(folder, '.env'), env);
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  return { folder, temporary, environment, remove: () => rmSync(root, { recursive: true, force: true }) };
}

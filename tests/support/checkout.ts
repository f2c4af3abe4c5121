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
  for (const part of PARTS) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  if (env !== '') writeFileSync(join(folder, '.env'), env);
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  return { folder, temporary, environment, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

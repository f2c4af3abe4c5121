import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Variables } from './twilio-run';

/** What one local run needs and nobody else may read. It goes by `remove`, or else when this process ends. */
export interface RunFolder {
  readonly folder: string;
  /** The file of settings, which takes the place of all of the process's environment in `twilio-run`. */
  readonly envFile: string;
  readonly remove: () => void;
}

/** @param settings the text of an `.env` file */
export function makeRunFolder(settings: string): RunFolder {
  const folder = mkdtempSync(join(tmpdir(), 'flex-run-'));
  const removeNow = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeNow);
  const envFile = join(folder, '.env');
  // Where Express cannot read a body, it answers with a stack otherwise. Of two lines of one name the later one counts.
  writeFileSync(envFile, `${settings}\nNODE_ENV=production\n`, { mode: 0o600 });
  const remove = () => {
    process.off('exit', removeNow);
    removeNow();
  };
  return { folder, envFile, remove };
}

export const toEnvText = (variables: Variables): string =>
  Object.entries(variables)
    .filter(([, value]) => value)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

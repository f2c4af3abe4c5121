import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toEnvText } from './env-text';
import type { Variables } from './twilio-run';

/** What one local run needs and other users must not read. Removed by `remove`, or when this process ends. */
export interface RunFolder {
  readonly folder: string;
  /** The file of settings; in `twilio-run` it replaces the whole environment of the process. */
  readonly envFile: string;
  /** Writes that file again, with other settings. */
  readonly write: (variables: Variables) => void;
  readonly remove: () => void;
}

export function makeRunFolder(variables: Variables): RunFolder {
  const folder = mkdtempSync(join(tmpdir(), 'flex-run-'));
  const removeNow = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeNow);
  const envFile = join(folder, '.env');
  const write = (settings: Variables) => {
    const { NO_PROXY } = process.env;
    // In any other mode, Express responds to a body that it cannot read with a stack trace.
    writeFileSync(envFile, toEnvText({ NO_PROXY, ...settings, NODE_ENV: 'production' }), { mode: 0o600 });
  };
  write(variables);
  const remove = () => {
    process.off('exit', removeNow);
    removeNow();
  };
  return { folder, envFile, write, remove };
}

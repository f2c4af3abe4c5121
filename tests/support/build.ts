import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const ROOT = resolve(__dirname, '../..');
const BUILD = "require('./build/build.ts').buildProject({ env: {} })";

/**
 * Runs once before all tests that need a build. What they serve is what would be deployed, whatever a developer's `.env` says. The
 * settings are removed, so that Twilio's tools refuse to deploy this build.
 */
export default async function build(): Promise<void> {
  // In a separate process, since Jest's set-up cannot load ES modules before Node.js 20.19.
  await promisify(execFile)(process.execPath, ['--import', 'tsx', '--eval', BUILD], {
    cwd: ROOT,
  });
  rmSync(join(ROOT, 'dist/env'));
}

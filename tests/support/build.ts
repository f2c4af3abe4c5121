import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

const BUILD = "require('./build/build.ts').buildProject({ env: {} })";

/** Runs once before all tests that need a build. What they serve is what would be deployed, whatever a developer's `.env` says. */
export default async function build(): Promise<void> {
  // In a separate process, since Jest's set-up cannot load ES modules before Node.js 20.19.
  await promisify(execFile)(process.execPath, ['--import', 'tsx', '--eval', BUILD], {
    cwd: resolve(__dirname, '../..'),
  });
}

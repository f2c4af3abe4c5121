import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { reportFailure } from '../local/failure';
import { bundleClient } from './client-bundle';
import { deployedEnvText, readEnvFile } from './env-file';
import { bundleFunctions } from './function-bundle';
import { bundleLogin } from './login-bundle';
import { writeOpenApi } from './openapi';
import { addReload } from './reload';

const ROOT = resolve(__dirname, '..');
const FUNCTIONS = join(ROOT, 'src/functions');
const ASSETS = join(ROOT, 'assets');

export interface BuildProjectOptions {
  /** The folder to write, relative to the project's; the one that is deployed is `dist`. */
  readonly folder?: string;
  /** The settings to build with. Default: those of `.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The sandbox that plays Twilio for the page, on this machine. Never in a build made for deploying. */
  readonly unsafeTwilioOrigin?: string;
  /** The server that tells the page to reload, on this machine. Never in a build made for deploying. */
  readonly reloadOrigin?: string;
}

/**
 * Writes `functions`, `assets` and, in a build made for deploying, `env`: what `.twilioserverlessrc` points to.
 *
 * A deployed Function cannot `require` a neighbour by a relative path, and every `.js` in the functions folder becomes
 * a public URL. So each Function becomes one file that holds all it needs, and the folder holds nothing else.
 *
 * `env` is written last: without it, Twilio's tools refuse to deploy. A failed type check leaves the build before in place.
 *
 * @throws {Error} naming the setting or the line of `.env` that cannot be deployed
 */
export async function buildProject({
  folder = 'dist',
  env,
  unsafeTwilioOrigin,
  reloadOrigin,
}: BuildProjectOptions = {}) {
  const target = resolve(ROOT, folder);
  rmSync(target, { recursive: true, force: true });
  const variables = env ?? readEnvFile();
  const envText = unsafeTwilioOrigin === undefined ? deployedEnvText(variables) : undefined;
  await bundleFunctions(functionFiles(), join(target, 'functions'));
  writeOpenApi();
  copyAssets(join(target, 'assets'));
  await bundleClient(join(target, 'assets'));
  await bundleLogin({
    folder: join(target, 'assets'),
    env: variables,
    ...(unsafeTwilioOrigin !== undefined && { unsafeTwilioOrigin }),
  });
  if (reloadOrigin !== undefined) addReload(join(target, 'assets'), reloadOrigin);
  if (envText !== undefined) writeFileSync(join(target, 'env'), envText, { mode: 0o600 });
}

/** Not the temporary files of an editor. */
export const functionFiles = (): string[] =>
  readdirSync(FUNCTIONS)
    .filter((file) => /^[\w-]+\.ts$/.test(file))
    .map((file) => join(FUNCTIONS, file));

function copyAssets(target: string): void {
  cpSync(ASSETS, target, { recursive: true, filter: (path) => !/(^|\/)\.[^/]+$/.test(path) });
}

if (require.main === module) buildProject().catch(reportFailure);

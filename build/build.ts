import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundle } from '../local/bundle';
import { bundleClient } from './client-bundle';
import { deployedEnvText, readEnvFile } from './env-file';
import { bundleLogin } from './login-bundle';
import { writeOpenApi } from './openapi';

const ROOT = resolve(__dirname, '..');
const FUNCTIONS = join(ROOT, 'src/functions');
const ASSETS = join(ROOT, 'assets');

interface BuildProjectOptions {
  /** The folder to write, relative to the project's; the one that is deployed is `dist`. */
  readonly folder?: string;
  /** The settings to build with. Default: those of `.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The sandbox that plays Twilio for the page, on this machine. Never in a build made for deploying. */
  readonly unsafeTwilioOrigin?: string;
}

/**
 * Writes `functions`, `assets` and, in a build made for deploying, `env`: what `.twilioserverlessrc` points to.
 *
 * A deployed Function cannot `require` a neighbour by a relative path, and every `.js` in the functions folder becomes
 * a public URL. So each Function becomes one file that holds all it needs, and the folder holds nothing else.
 *
 * `env` is written last: without it Twilio's tools refuse to deploy, and so they do after a build that failed.
 *
 * @throws {Error} naming the setting or the line of `.env` that cannot be deployed
 */
export async function buildProject({ folder = 'dist', env, unsafeTwilioOrigin }: BuildProjectOptions = {}) {
  const target = resolve(ROOT, folder);
  rmSync(target, { recursive: true, force: true });
  const variables = env ?? readEnvFile();
  const envText = deployedEnvText(variables);
  await buildFunctions(join(target, 'functions'));
  writeOpenApi();
  copyAssets(join(target, 'assets'));
  await bundleClient(join(target, 'assets'));
  await bundleLogin({
    folder: join(target, 'assets'),
    env: variables,
    ...(unsafeTwilioOrigin !== undefined && { unsafeTwilioOrigin }),
  });
  if (unsafeTwilioOrigin === undefined) writeFileSync(join(target, 'env'), envText, { mode: 0o600 });
}

async function buildFunctions(outdir: string): Promise<void> {
  await bundle({
    entryPoints: readdirSync(FUNCTIONS).map((file) => join(FUNCTIONS, file)),
    outdir,
    minify: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
  });
}

function copyAssets(target: string): void {
  cpSync(ASSETS, target, { recursive: true, filter: (path) => !/(^|\/)\.[^/]+$/.test(path) });
}

if (require.main === module) {
  buildProject().catch((error: unknown) => {
    // An expected failure needs one line; a stack would hide it.
    console.error(error instanceof Error && error.name === 'Error' ? error.message : error);
    process.exitCode = 1;
  });
}

import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { bundleClient } from './client-bundle';
import { bundleLogin } from './login-bundle';

const ROOT = resolve(__dirname, '..');
const FUNCTIONS = join(ROOT, 'src/functions');
const ASSETS = join(ROOT, 'assets');

interface BuildProjectOptions {
  /** The folder that is written, from the project's own on; what is deployed is `dist`. */
  readonly folder?: string;
  /** The settings that the page may know in advance; those of `.env` where left out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The sandbox that plays Twilio for the page, on this machine. Never in a build made for deploying. */
  readonly unsafeTwilioOrigin?: string;
}

/**
 * Writes `dist/functions` and `dist/assets`, the two folders that `.twilioserverlessrc` points to.
 *
 * A deployed Function cannot `require` a neighbour by a relative path, and every `.js` in the functions folder becomes
 * a public URL. So each Function becomes one file that holds all it needs, and nothing else is put beside them.
 */
export async function buildProject({ folder = 'dist', ...login }: BuildProjectOptions = {}): Promise<void> {
  const target = resolve(ROOT, folder);
  rmSync(target, { recursive: true, force: true });
  await buildFunctions(join(target, 'functions'));
  copyAssets(join(target, 'assets'));
  await bundleClient(join(target, 'assets'));
  await bundleLogin({ folder: join(target, 'assets'), ...login });
}

async function buildFunctions(outdir: string): Promise<void> {
  await build({
    entryPoints: readdirSync(FUNCTIONS).map((file) => join(FUNCTIONS, file)),
    outdir,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'warning',
  });
}

function copyAssets(target: string): void {
  cpSync(ASSETS, target, { recursive: true, filter: (path) => !/(^|\/)\.[^/]+$/.test(path) });
}

if (require.main === module) void buildProject();

import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { bundleLogin } from './login-bundle';

const ROOT = resolve(__dirname, '..');
const FUNCTIONS = join(ROOT, 'src/functions');
const ASSETS = join(ROOT, 'assets');
const DIST = join(ROOT, 'dist');

/**
 * Writes `dist/functions` and `dist/assets`, the two folders that `.twilioserverlessrc` points to.
 *
 * A deployed Function cannot `require` a neighbour by a relative path, and every `.js` in the functions folder becomes
 * a public URL. So each Function becomes one file that holds all it needs, and nothing else is put beside them.
 */
export async function buildProject(): Promise<void> {
  rmSync(DIST, { recursive: true, force: true });
  await buildFunctions();
  buildAssets();
  await bundleLogin({ folder: join(DIST, 'assets') });
}

async function buildFunctions(): Promise<void> {
  await build({
    entryPoints: readdirSync(FUNCTIONS).map((file) => join(FUNCTIONS, file)),
    outdir: join(DIST, 'functions'),
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'warning',
  });
}

function buildAssets(): void {
  mkdirSync(join(DIST, 'assets'), { recursive: true });
  if (existsSync(ASSETS)) {
    cpSync(ASSETS, join(DIST, 'assets'), { recursive: true, filter: (path) => !/(^|\/)\.[^/]+$/.test(path) });
  }
}

if (require.main === module) void buildProject();

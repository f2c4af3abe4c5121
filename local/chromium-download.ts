import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

const run = promisify(execFile);

/** A build of Chromium for Linux on x64, as an npm package: it is there wherever `npm ci` works. */
const PACKAGE = '@sparticuz/chromium';
const VERSION = '153.0.0';

/**
 * Downloads a Chromium, unless an earlier call has, and says so on standard error.
 *
 * @returns its program, which may still lack a library of the system
 * @throws {Error} if it cannot be downloaded, within a minute if the host does not respond
 */
export function downloadChromium(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  return process.platform === 'linux' && process.arch === 'x64' ? fromNpm(env) : fromPlaywright(env);
}

async function fromPlaywright(env: NodeJS.ProcessEnv): Promise<string> {
  say('No Chromium or Chrome is installed. Running "playwright-core install chromium" once…');
  const cli = join(dirname(require.resolve('playwright-core/package.json')), 'cli.js');
  await run(process.execPath, [cli, 'install', 'chromium'], {
    env: { ...env, PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: '10000' },
  });
  return chromium.executablePath();
}

async function fromNpm(env: NodeJS.ProcessEnv): Promise<string> {
  const cache = join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'flex-sdk-sign-in');
  const folder = join(cache, `chromium-${VERSION}`);
  const program = join(folder, 'chromium.sh');
  if (existsSync(program)) return program;
  say(`No Chromium or Chrome is installed. Downloading Chromium (70 MB, once) from the npm registry to ${folder}…`);
  mkdirSync(cache, { recursive: true });
  const staging = mkdtempSync(join(cache, 'download-'));
  try {
    await install(staging, env);
    await unpack(staging, env);
    moveTo(folder, staging);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return program;
}

async function install(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const npm = (...parameters: readonly string[]) =>
    run('npm', [...parameters, '--loglevel=error', '--fetch-retries=0'], { cwd: folder, env }).catch((error) => {
      throw new Error(errorLineOf(error.stderr) ?? error.message);
    });
  // Requests a few bytes first, to notice soon if the registry does not respond.
  await npm('view', `${PACKAGE}@${VERSION}`, 'version', '--fetch-timeout=20000');
  await npm('install', '--prefix', folder, '--no-audit', '--no-fund', '--ignore-scripts', `${PACKAGE}@${VERSION}`);
}

/** @returns the line of npm's output that says what went wrong, without its codes */
const errorLineOf = (output: string): string | undefined =>
  output
    .split('\n')
    .map((line) => line.replace(/^npm error /, ''))
    .find((line) => line.includes(' ') && !/^(code|errno|syscall) /.test(line));

/** The package unpacks into the temporary folder of its process. Beside Chromium, it has libraries and a font that a small system lacks. */
async function unpack(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const script = `
    const { inflate } = await import('${PACKAGE}');
    for (const name of ['chromium.br', 'al2023.tar.br', 'fonts.tar.br'])
      await inflate('node_modules/${PACKAGE}/bin/' + name);`;
  await run(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: folder,
    env: { ...env, TMPDIR: folder },
  });
  rmSync(join(folder, 'node_modules'), { recursive: true });
  writeFileSync(join(folder, 'fonts/fonts.conf'), FONTS);
  writeFileSync(join(folder, 'chromium.sh'), LAUNCHER, { mode: 0o755 });
}

const FONTS = `<?xml version="1.0"?>
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">flex-sdk-sign-in/fonts</cachedir>
</fontconfig>
`;

const LAUNCHER = `#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
export LD_LIBRARY_PATH="$here/al2023/lib" FONTCONFIG_PATH="$here/fonts"
exec "$here/chromium" "$@"
`;

/** Leaves the folder alone if another process has finished the same download meanwhile. */
function moveTo(folder: string, staging: string): void {
  try {
    renameSync(staging, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

const say = (line: string) => process.stderr.write(`${line}\n`);

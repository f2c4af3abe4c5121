import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import { downloadChromium } from './chromium-download';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
/** macOS does not put them in the search path. */
const APPLICATIONS = ['Chromium.app/Contents/MacOS/Chromium', 'Google Chrome.app/Contents/MacOS/Google Chrome'];

/** Another name for this machine, for tests of a page that is not served from localhost. */
export const ELSEWHERE = 'login.example';

/**
 * Starts Chromium without a window. It sends no background requests.
 *
 * @throws {Error} as {@link chromiumProgram} does
 */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: await chromiumProgram(),
    // A slow machine is not an error.
    timeout: 0,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--host-resolver-rules=MAP ${ELSEWHERE} 127.0.0.1`,
    ],
  });
}

/**
 * Returns the program of an installed Chromium or Chrome. If there is none, downloads one into the user's cache folder, once.
 *
 * @throws {Error} that says what to install, if the download fails too
 */
export async function chromiumProgram(): Promise<string> {
  const installed = await findChromium(process.env, [chromium.executablePath()]);
  if (installed !== undefined) return installed;
  const downloaded = await downloadChromium().catch((error: Error) => {
    throw new Error(`No Chromium or Chrome is installed, and the download failed: ${error.message}\n${HOW_TO_INSTALL}`);
  });
  const fault = await faultOf(downloaded);
  if (fault === undefined) return downloaded;
  throw new Error(
    `No Chromium or Chrome is installed, and the downloaded one does not start: ${fault}\n${HOW_TO_INSTALL}`,
  );
}

/**
 * Finds the program that `CHROMIUM_PATH` names, or the first one that starts.
 *
 * @param others where to look besides the search path, such as where `playwright-core install` puts its browsers
 * @returns `undefined` if none is installed
 * @throws {Error} if `CHROMIUM_PATH` names a file that does not exist
 */
export async function findChromium(env: NodeJS.Dict<string>, others: readonly string[]): Promise<string | undefined> {
  const named = env.CHROMIUM_PATH;
  if (named) {
    if (existsSync(named)) return named;
    throw new Error(`CHROMIUM_PATH names ${named}, which does not exist. Correct it, or remove it.`);
  }
  const inSearchPath = (env.PATH ?? '').split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const inApplications = APPLICATIONS.map((name) => join('/Applications', name));
  for (const program of [...inSearchPath, ...inApplications, ...others]) {
    // Ubuntu's `chromium-browser` exists even if it cannot start: it only says to install a snap.
    if (existsSync(program) && (await faultOf(program)) === undefined) return program;
  }
  return undefined;
}

/** Returns why a browser does not start, such as a missing library, in its own words. */
async function faultOf(program: string): Promise<string | undefined> {
  // On Windows, the option opens a window instead.
  if (process.platform === 'win32') return undefined;
  try {
    await promisify(execFile)(program, ['--version']);
    return undefined;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    return (stderr || message).trim().split('\n')[0];
  }
}

const HOW_TO_INSTALL = `Install one:
  Debian:    sudo apt-get install chromium
  macOS:     brew install --cask google-chrome
  elsewhere: npx playwright-core install --with-deps chromium
or set CHROMIUM_PATH to its program.`;

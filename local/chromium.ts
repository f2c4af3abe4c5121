import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
/** Where a Mac has them: not in the search path. */
const APPLICATIONS = ['Chromium.app/Contents/MacOS/Chromium', 'Google Chrome.app/Contents/MacOS/Google Chrome'];

/** A name for this machine that does not look like it, for what differs on a page that is served from elsewhere. */
export const ELSEWHERE = 'login.example';

/**
 * Starts the Chromium of this machine, without a window and without a word to any host of its own.
 *
 * @throws {Error} that says what to install, where there is none
 */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: findChromium(process.env, [chromium.executablePath()]),
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
 * The program named by `CHROMIUM_PATH`, or else the first that is there.
 *
 * @param others where to look besides the search path, such as where `playwright-core install` puts its own
 * @throws {Error} that says what to install
 */
export function findChromium(env: NodeJS.Dict<string>, others: readonly string[]): string {
  const named = env.CHROMIUM_PATH;
  if (named) {
    if (existsSync(named)) return named;
    throw new Error(`CHROMIUM_PATH names ${named}, and there is no such file.`);
  }
  const inSearchPath = (env.PATH ?? '').split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const inApplications = APPLICATIONS.map((name) => join('/Applications', name));
  const found = [...inSearchPath, ...inApplications, ...others].find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new Error(
    [
      'This needs Chromium or Chrome, and there is none. Install one of them:',
      '  Debian or Ubuntu:  sudo apt-get install chromium',
      '  macOS:             brew install --cask google-chrome',
      '  anywhere:          npx playwright-core install chromium',
      'or name its program in the variable CHROMIUM_PATH.',
    ].join('\n'),
  );
}

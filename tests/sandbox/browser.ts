import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts the Chromium of this machine: the one at `CHROMIUM_PATH`, or the first in the search path. */
export function startChromium(): Promise<Browser> {
  const inSearchPath = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const executablePath = process.env.CHROMIUM_PATH ?? inSearchPath.find((file) => existsSync(file));
  if (executablePath === undefined) throw new Error(`There is no Chromium: install one, or set CHROMIUM_PATH`);
  return chromium.launch({ executablePath, args: FLAGS });
}

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../../local/chromium';
import { freePort } from '../../local/ports';
import { type Checkout, makeCheckout } from '../support/checkout';
import { type NpmRun, npm } from '../support/npm';

let checkout: Checkout;
let dev: NpmRun;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  checkout = makeCheckout();
  const port = await freePort();
  dev = npm(checkout, 'run', 'dev', '--', '--port', String(port));
  browser = await launchChromium();
  await dev.printed(/^Watching/m);
  page = await browser.newPage();
  page.setDefaultTimeout(120_000);
  await page.goto(`http://localhost:${port}/login.html?mode=token`);
});
afterAll(async () => {
  await browser?.close();
  await dev?.interrupt();
  checkout?.remove();
});

const change = (file: string, from: string, to: string) => {
  const path = join(checkout.folder, file);
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
};

it('shows a saved change of the markup, the script and the style in the open page, without a click', async () => {
  change('assets/login.html', '<p id="status"', '<p>Changed markup</p><p id="status"');
  await page.getByText('Changed markup').waitFor();

  change('src/login/page.ts', 'import ', "document.documentElement.lang = 'de';\nimport ");
  await page.locator('html[lang=de]').waitFor();

  change('assets/login.css', ':root {', 'h1 { display: none; }\n:root {');
  await page.getByRole('heading').waitFor({ state: 'hidden' });
});

it('leaves the open page alone if only a Function has changed', async () => {
  await page.evaluate('window.isSamePage = true');
  change('src/functions/lookup.ts', 'export ', 'export const saved = true;\nexport ');
  await dev.printed(/Updated in .*lookup\.ts/);
  expect(await page.evaluate('window.isSamePage')).toBe(true);
});

import puppeteer, { type LaunchOptions, type Page, type Browser as PuppeteerBrowser } from 'puppeteer-core';
import { chromiumProgram } from '../../../local/chromium';
import type { Browser, Engine, Tab } from './engine';

/** Chromium by the DevTools protocol. */
export const chromium = async (): Promise<Engine> =>
  launch({
    browser: 'chrome',
    executablePath: await chromiumProgram(),
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  });

/** Firefox by WebDriver BiDi. */
export const firefox = (): Promise<Engine> =>
  launch({
    browser: 'firefox',
    executablePath: process.env.FIREFOX_PATH ?? '/usr/bin/firefox-esr',
  });

/** Starts one process. Each browser is a separate context of it, which shares no storage with the others. */
async function launch(options: LaunchOptions): Promise<Engine> {
  // No limit in seconds: that of the test ends what hangs.
  const browser = await puppeteer.launch({ ...options, headless: true, timeout: 0, protocolTimeout: 0 });
  return { open: () => open(browser), close: () => browser.close() };
}

async function open(process: PuppeteerBrowser): Promise<Browser> {
  const context = await process.createBrowserContext();
  const known = new Map<Page, Tab>();
  const tabOf = (page: Page): Tab => {
    const tab = known.get(page) ?? toTab(page, String(known.size));
    known.set(page, tab);
    return tab;
  };
  return {
    tab: tabOf(await context.newPage()),
    tabs: async () => (await context.pages()).map(tabOf),
    close: () => context.close(),
  };
}

const toTab = (page: Page, id: string): Tab => ({
  id,
  goTo: async (url) => void (await page.goto(url, { waitUntil: 'domcontentloaded', timeout: 0 })),
  reload: async () => void (await page.reload({ waitUntil: 'domcontentloaded', timeout: 0 })),
  // Puppeteer's own record misses a page that comes from Firefox's cache.
  url: () => page.evaluate('location.href') as Promise<string>,
  evaluate: <Value>(expression: string) => page.evaluate(expression) as Promise<Value>,
  click: (x, y) => page.mouse.click(x, y),
  press: (key) => page.keyboard.press(key),
  type: (text) => page.keyboard.type(text),
  resize: (width, height) => page.setViewport({ width, height }),
  screenshot: async (file) => {
    // Chromium draws no tab in the background.
    await page.bringToFront();
    await page.screenshot({ path: file as `${string}.png` });
  },
  close: () => page.close(),
});

import puppeteer, { type LaunchOptions, type Page } from 'puppeteer-core';
import { chromiumProgram } from '../../../local/chromium';
import type { Browser, Engine, Tab } from './engine';

/** Chromium by the DevTools protocol. */
export const chromium = async (): Promise<Engine> =>
  engineOf({
    browser: 'chrome',
    executablePath: await chromiumProgram(),
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  });

/** Firefox by WebDriver BiDi. */
export const firefox = async (): Promise<Engine> =>
  engineOf({
    browser: 'firefox',
    executablePath: process.env.FIREFOX_PATH ?? '/usr/bin/firefox-esr',
  });

const engineOf = (options: LaunchOptions): Engine => ({
  narrowestWindow: 1,
  open: async () => {
    // No limit in seconds: that of the test ends what hangs.
    const browser = await puppeteer.launch({ ...options, headless: true, timeout: 0, protocolTimeout: 0 });
    const known = new Map<Page, Tab>();
    const tabOf = (page: Page): Tab => {
      const tab = known.get(page) ?? toTab(page, String(known.size));
      known.set(page, tab);
      return tab;
    };
    // In Firefox, the first tab has no focus: its buttons receive keys and ignore them.
    const [first] = await browser.pages();
    const page = await browser.newPage();
    await first?.close();
    const open: Browser = {
      tab: tabOf(page),
      tabs: async () => (await browser.pages()).map(tabOf),
      close: () => browser.close(),
    };
    return open;
  },
  close: async () => undefined,
});

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

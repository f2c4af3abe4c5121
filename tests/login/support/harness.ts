import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { launchChromium } from '../../../local/chromium';
import { WAIT_LIMIT_MS } from '../../support/limits';
import { startTogether } from '../../support/start-together';
import { defaultConfig, type PageService, startPageService } from './service';
import { type FakeTwilio, playTwilio } from './twilio';

export interface Harness {
  readonly browser: Browser;
  readonly service: PageService;
  readonly context: BrowserContext;
  readonly twilio: FakeTwilio;
  readonly page: Page;
  /** What the page wrote to the console, and uncaught errors. */
  readonly log: string[];
  open(query?: string): Promise<unknown>;
  status(text: string | RegExp): Promise<void>;
  alert(text: string | RegExp): Promise<void>;
  button(name: string): Locator;
  stored<T = Record<string, unknown>>(key: string): Promise<T | null>;
  renewContext(options: BrowserContextOptions): Promise<void>;
  /** Signs in, and lets time pass until the session is to be renewed and is not, since it is at its maximum. */
  openNearTheEnd(): Promise<void>;
}

/** A browser and the built page for all tests of a file; a context, a Twilio and a tab for each. */
export function useLoginPage(): Harness {
  const now: Partial<{ -readonly [Key in keyof Harness]: Harness[Key] }> = {};
  const log: string[] = [];
  const get = <Key extends keyof typeof now>(key: Key): NonNullable<(typeof now)[Key]> => {
    const value = now[key];
    if (value === undefined || value === null) throw new Error(`No ${key} outside of a test`);
    return value;
  };
  const newContext = async (options: BrowserContextOptions) => {
    now.context = await get('browser').newContext({ permissions: ['clipboard-read', 'clipboard-write'], ...options });
    now.context.setDefaultTimeout(WAIT_LIMIT_MS);
    now.twilio = await playTwilio(now.context);
    now.context.on('console', (message) => log.push(message.text()));
    now.context.on('weberror', (error) => log.push(String(error.error())));
    now.page = await now.context.newPage();
  };

  beforeAll(async () => {
    [now.browser, now.service] = await startTogether(launchChromium(), startPageService());
  });
  afterAll(async () => {
    await now.browser?.close();
    await now.service?.close();
  });
  beforeEach(async () => {
    get('service').config = defaultConfig();
    get('service').requests.length = 0;
    log.length = 0;
    await newContext({});
  });
  afterEach(() => now.context?.close());

  const role = (name: 'status' | 'alert', text: string | RegExp) =>
    get('page').getByRole(name).filter({ hasText: text }).waitFor();
  const harness: Harness = {
    get browser() {
      return get('browser');
    },
    get service() {
      return get('service');
    },
    get context() {
      return get('context');
    },
    get twilio() {
      return get('twilio');
    },
    get page() {
      return get('page');
    },
    log,
    open: (query = '') => get('page').goto(`${get('service').origin}/login.html${query}`),
    status: (text) => role('status', text),
    alert: (text) => role('alert', text),
    button: (name) => get('page').getByRole('button', { name, exact: true }),
    stored: async (key) =>
      JSON.parse((await get('page').evaluate<string>(`sessionStorage.getItem('${key}')`)) ?? 'null'),
    async renewContext(options) {
      await get('context').close();
      await newContext(options);
    },
    async openNearTheEnd() {
      await harness.page.clock.install();
      harness.twilio.expiresAtMostMs = Date.now() + 3_600_000;
      await harness.open();
      await harness.status(SIGNED_IN);
      await harness.page.clock.fastForward(56 * 60_000);
      await harness.alert('reached its maximum length');
    },
  };
  return harness;
}

export const SIGNED_IN = 'Signed in as ada@example.com';

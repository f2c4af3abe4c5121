import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Service } from '../../local/running-service';
import { leadTwilioToSandbox } from '../../sandbox/browser-interception';

/** How the page is looked at. */
export interface Look {
  readonly colorScheme: 'light' | 'dark';
  readonly width: number;
  readonly height: number;
}

/** The time by which everything on a picture goes, Twilio's included: the same in every run. */
export interface SceneClock {
  nowMs: number;
}

/** A browser without a past, in front of the service, with the sandbox for its Twilio. */
export interface Scene {
  readonly service: Service;
  readonly context: BrowserContext;
  readonly page: Page;
  /** Opens the sign-in page. */
  readonly open: (query?: string) => Promise<void>;
  /** Lets time pass, for the page and for Twilio. */
  readonly pass: (milliseconds: number) => Promise<void>;
}

/** Half a minute past the hour, so that no clock time on a picture depends on a second more or less. */
const START_MS = Date.parse('2030-01-15T09:00:30Z');

/** The clock that a sandbox is given before there is a scene; each scene restarts it. */
export const startClock = (): SceneClock => ({ nowMs: START_MS });

/** The caller closes its context. */
export async function openScene(browser: Browser, service: Service, clock: SceneClock, look: Look): Promise<Scene> {
  service.sandbox.reset();
  clock.nowMs = START_MS;
  const { colorScheme, width, height } = look;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'UTC',
  });
  await context.clock.install({ time: START_MS });
  await leadTwilioToSandbox(context, service.sandbox);
  // The page goes by the time of its server.
  await context.route(`${service.origin}/**`, async (route) => {
    const response = await route.fetch();
    const headers = { ...response.headers(), date: new Date(clock.nowMs).toUTCString() };
    await route.fulfill({ response, headers });
  });
  const page = await context.newPage();
  return {
    service,
    context,
    page,
    open: async (query = '') => {
      await page.goto(`${service.origin}/login.html${query}`);
    },
    pass: async (milliseconds) => {
      clock.nowMs += milliseconds;
      await context.clock.fastForward(milliseconds);
    },
  };
}

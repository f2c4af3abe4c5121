import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchChromium } from '../../../local/chromium';
import { type Service, startService } from '../../../local/running-service';
import { leadTwilioToSandbox } from '../../../sandbox/browser-interception';
import { type Site, startSite } from './site';

/** The service, and a site of another origin that uses it, for all tests of a file; a context and a page for each. */
export interface InBrowser {
  readonly service: Service;
  readonly site: Site;
  readonly context: BrowserContext;
  readonly page: Page;
}

/** To be called once at the top of a test file. */
export function useSite(): InBrowser {
  let forAll: { service: Service; site: Site; browser: Browser } | undefined;
  let forOne: { context: BrowserContext; page: Page } | undefined;
  const running = <Part>(part: Part | undefined): Part => {
    if (part === undefined) throw new Error('not outside of a test');
    return part;
  };

  beforeAll(async () => {
    const [service, browser] = await Promise.all([startService(), launchChromium()]);
    forAll = { service, browser, site: await startSite(service.origin) };
  });
  afterAll(async () => {
    await forAll?.browser.close();
    await forAll?.site.close();
    await forAll?.service.close();
  });
  beforeEach(async () => {
    const { browser, service } = running(forAll);
    service.sandbox.reset();
    const context = await browser.newContext();
    await leadTwilioToSandbox(context, service.sandbox);
    forOne = { context, page: await context.newPage() };
  });
  afterEach(() => forOne?.context.close());

  return {
    get service() {
      return running(forAll).service;
    },
    get site() {
      return running(forAll).site;
    },
    get context() {
      return running(forOne).context;
    },
    get page() {
      return running(forOne).page;
    },
  };
}

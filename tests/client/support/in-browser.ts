import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchChromium } from '../../../local/chromium';
import { type Service, startService } from '../../../local/running-service';
import { leadTwilioToSandbox } from '../../../sandbox/browser-interception';
import { WAIT_LIMIT_MS } from '../../support/limits';
import { startTogether } from '../../support/start-together';
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
  let service: Service | undefined;
  let browser: Browser | undefined;
  let site: Site | undefined;
  let forOne: { context: BrowserContext; page: Page } | undefined;
  const running = <Part>(part: Part | undefined): Part => {
    if (part === undefined) throw new Error('not outside of a test');
    return part;
  };

  beforeAll(async () => {
    [service, browser] = await startTogether(startService(), launchChromium());
    site = await startSite(service.origin);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    await service?.close();
  });
  beforeEach(async () => {
    const { sandbox } = running(service);
    sandbox.reset();
    const context = await running(browser).newContext();
    context.setDefaultTimeout(WAIT_LIMIT_MS);
    await leadTwilioToSandbox(context, sandbox);
    forOne = { context, page: await context.newPage() };
  });
  afterEach(() => forOne?.context.close());

  return {
    get service() {
      return running(service);
    },
    get site() {
      return running(site);
    },
    get context() {
      return running(forOne).context;
    },
    get page() {
      return running(forOne).page;
    },
  };
}

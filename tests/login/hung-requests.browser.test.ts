import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchChromium } from '../../local/chromium';
import { type Fault, type Sandbox, startSandbox } from '../../sandbox/server';
import { WAIT_LIMIT_MS } from '../support/limits';
import { startTogether } from '../support/start-together';
import { defaultConfig, type PageService, startPageService } from './support/service';

// Chromium makes a GET wait for an identical one that hangs, but only with its HTTP cache, which Playwright turns off with the first
// route. So nothing is intercepted here: the page is built for a sandbox, and its requests really hang.

let browser: Browser;
let sandbox: Sandbox;
let service: PageService;
let context: BrowserContext;
let page: Page;

const settings = () => ({ ...defaultConfig(), account_sid: sandbox.accountSid });

beforeAll(async () => {
  [browser, sandbox] = await startTogether(launchChromium(), startSandbox());
  service = await startPageService({ unsafeTwilioOrigin: sandbox.origin });
  sandbox.signIn.trust(`${service.origin}/login.html`);
});
afterAll(async () => {
  await browser?.close();
  await service?.close();
  await sandbox?.close();
});
beforeEach(async () => {
  sandbox.reset();
  service.config = settings();
  context = await browser.newContext();
  context.setDefaultTimeout(WAIT_LIMIT_MS);
  page = await context.newPage();
  await page.clock.install();
});
afterEach(() => context?.close());

const LOOK_UP = /\/v1\/Flex\/Authentication\/Config/;
const CLIENT_START = /\/v1\/Configuration/;
const SETTINGS = /\/config$/;

const press = (name: string) => page.getByRole('button', { name }).click();

/** Waits for a request that hangs, then lets the time limit of the page pass. */
async function hangsAfter(action: () => Promise<unknown>, request: RegExp): Promise<void> {
  const sent = page.waitForRequest(request);
  await action();
  await sent;
  await page.clock.runFor(15_500);
  await page.getByRole('alert').filter({ hasText: 'There was no response within 15 seconds' }).waitFor();
}
const open = () => page.goto(`${service.origin}/login.html`, { waitUntil: 'commit' });

async function signIn(): Promise<void> {
  await press('Example Agent');
  await page
    .getByRole('status')
    .filter({ hasText: `Signed in as ${sandbox.users.agent.username}` })
    .waitFor();
}

describe('after a request that hung, the button signs in at once, if what hung was', () => {
  it.each<[string, Fault['hang'] & string]>([
    ['the look-up of the connection', 'before-headers'],
    ['the look-up, in the middle of its response', 'mid-body'],
  ])('%s', async (_, hang) => {
    sandbox.fault({ path: LOOK_UP, hang, times: 1 });
    await hangsAfter(open, LOOK_UP);
    await press('Sign in with SSO');
    await signIn();
  });

  it('the look-up, three times in a row', async () => {
    sandbox.fault({ path: LOOK_UP, hang: 'before-headers', times: 3 });
    await hangsAfter(open, LOOK_UP);
    await hangsAfter(() => press('Sign in with SSO'), LOOK_UP);
    await hangsAfter(() => press('Sign in with SSO'), LOOK_UP);
    await press('Sign in with SSO');
    await signIn();
  });

  it('the start of the client', async () => {
    sandbox.fault({ path: CLIENT_START, hang: 'before-headers', times: 1 });
    await open();
    await hangsAfter(() => press('Example Agent'), CLIENT_START);
    await press('Sign in with SSO');
    await signIn();
  });

  it('the settings', async () => {
    service.config = 'hang';
    await hangsAfter(open, SETTINGS);
    service.config = settings();
    await press('Sign in with SSO');
    await signIn();
  });
});

it('after a look-up that hung, a reload signs in at once', async () => {
  sandbox.fault({ path: LOOK_UP, hang: 'before-headers', times: 1 });
  await hangsAfter(open, LOOK_UP);
  await page.reload();
  await signIn();
});

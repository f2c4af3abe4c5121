import type { Browser, BrowserContext, Page } from 'playwright-core';
import { leadTwilioToSandbox } from '../../sandbox/browser-interception';
import { type Service, startService } from '../../sandbox/service';
import { launchChromium } from '../../scripts/chromium';
import { bundlePlugin } from './support/flex';
import { type Site, startSite } from './support/site';

jest.setTimeout(60_000);

let service: Service;
let site: Site;
let browser: Browser;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  [service, browser] = await Promise.all([startService(), launchChromium()]);
  site = await startSite(service.origin);
});
afterAll(async () => {
  await browser.close();
  await site.close();
  await service.close();
});
beforeEach(async () => {
  service.sandbox.reset();
  context = await browser.newContext();
  await leadTwilioToSandbox(context, service.sandbox);
  page = await context.newPage();
});
afterEach(() => context.close());

const press = (name: string, where = page) => where.getByRole('button', { name }).click();
const shows = (role: 'status' | 'alert', text: string) => page.getByRole(role).filter({ hasText: text }).waitFor();

describe('the example app', () => {
  async function signIn(): Promise<Page> {
    const opened = page.waitForEvent('popup');
    await press('Sign in');
    return opened;
  }

  it('signs in at a click, though the person declines at first, and says whom it has looked up', async () => {
    await page.goto(`http://127.0.0.1:${site.port}/`);
    await press('Refuse to sign in', await signIn());
    await shows('alert', 'The sign-in was declined');
    await shows('status', 'You are not signed in.');

    await press('Example Agent', await signIn());
    await shows('status', 'Signed in as Example Agent, until 20');
    expect(await page.getByRole('alert').textContent()).toBe('');
  });
});

describe('the example plugin, in a page of Flex', () => {
  const FLEX = 'https://flex.twilio.com/agent-desktop';

  async function openFlex(token: string): Promise<void> {
    const script = await bundlePlugin(service.origin);
    // Chromium asks the person before a public site may reach this machine, where the service runs in this test.
    await context.grantPermissions(['local-network-access'], { origin: new URL(FLEX).origin });
    await context.route(FLEX, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><body>' }));
    await page.goto(FLEX);
    await showToken(token);
    await page.addScriptTag({ content: script });
  }
  const showToken = (token: string) => page.evaluate(`{ globalThis.flexToken = '${token}' }`);

  it('shows the worker who they are, and mints a token of theirs', async () => {
    await openFlex(await service.sandbox.tokenFor('agent'));
    await press('Who am I?');
    await shows('status', `Example Agent, worker ${service.sandbox.users.agent.worker_sid}`);
    await press('New token');
    await shows('status', 'A new token, good until 20');
  });

  it('uses the token of the moment: one that has expired is refused, and the next one that Flex has works', async () => {
    await openFlex(await service.sandbox.tokenFor('agent', { ttlSeconds: -1 }));
    await press('Who am I?');
    await shows('status', 'sign in again');
    await showToken(await service.sandbox.tokenFor('supervisor'));
    await press('Who am I?');
    await shows('status', 'Example Supervisor');
  });
});

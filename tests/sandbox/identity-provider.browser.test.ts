import { readFileSync } from 'node:fs';
import type * as FlexSdk from '@twilio/flex-sdk';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchChromium } from '../../local/chromium';
import { leadTwilioToSandbox } from '../../sandbox/browser-interception';
import { type Sandbox, startSandbox } from '../../sandbox/server';
import { WAIT_LIMIT_MS } from '../support/limits';
import { startTogether } from '../support/start-together';
import { type Application, startApplication } from './application';
import { atSandbox, loginUrlFor } from './sign-in';

/** What the page of the application offers. */
interface ApplicationWindow {
  flexSdk: typeof FlexSdk;
  location: { href: string };
  axe: { run(): Promise<AxeResults> };
}

let sandbox: Sandbox;
let application: Application;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let complaints: string[];
beforeAll(async () => {
  [application, browser] = await startTogether(startApplication(), launchChromium());
  sandbox = await startSandbox({ trustedRedirectUrls: [application.url] });
});
beforeEach(async () => {
  sandbox.reset();
  context = await browser.newContext();
  context.setDefaultTimeout(WAIT_LIMIT_MS);
  page = await context.newPage();
  complaints = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
});
afterEach(() => context.close());
afterAll(() => Promise.all([browser?.close(), application?.close(), sandbox?.close()]));

/** Like a page that is built for the sandbox: Twilio's hosts become the first segment of the sandbox's path. */
const usePathForm = () =>
  context.addInitScript((origin) => {
    const realFetch = globalThis.fetch;
    globalThis.fetch = (input, init) => realFetch(String(input).replace('https:/', origin), init);
  }, sandbox.origin);

/** Like a page that is built for Twilio: Twilio's hosts are routed to the sandbox. */
const useHostNames = () => leadTwilioToSandbox(context, sandbox);

/** Opens the application and returns the details of its sign-in. */
async function openApplication() {
  await page.goto(application.url);
  return page.evaluate(async (accountSid) => {
    const { flexSdk, location } = globalThis as unknown as ApplicationWindow;
    const [configuration] = (await flexSdk.getAuthenticationConfig({ accountSid })).configList;
    if (configuration === undefined) throw new Error('no configuration');
    const { clientId, ssoProfileSid } = configuration;
    const redirectUrl = location.href;
    return { ssoProfileSid, ...flexSdk.getLoginDetails({ clientId, ssoProfileSid, redirectUrl }) };
  }, sandbox.accountSid);
}

const button = (name: string | RegExp) => page.getByRole('button', { name });
const hasComeBack = () => page.waitForURL(`${application.url}?*`);

describe.each([
  ['by the path of the sandbox', usePathForm, (url: string) => atSandbox(sandbox, url)],
  ['by the host names of Twilio', useHostNames, (url: string) => url],
])('the Flex SDK in a browser, %s,', (_, use, address) => {
  it('signs in through the form, creates the client, and renews the session', async () => {
    await use();
    const details = await openApplication();
    await page.goto(address(details.loginUrl));
    await button(/supervisor@example\.com/).click();
    await hasComeBack();
    const roles = await page.evaluate(async ({ ssoProfileSid, codeVerifier, nonce }) => {
      const { flexSdk, location } = globalThis as unknown as ApplicationWindow;
      const code = new URL(location.href).searchParams.get('code') ?? '';
      const tokens = await flexSdk.exchangeToken({ code, codeVerifier, nonce, ssoProfileSid });
      const client = await flexSdk.createClient(tokens.accessToken, { session: { autoUpdateToken: false } });
      const { accessToken } = await flexSdk.refreshToken({ refreshToken: tokens.refreshToken, ssoProfileSid });
      client.updateToken(accessToken);
      return client.roles;
    }, details);
    expect(roles).toEqual(['supervisor']);
    expect(complaints).toEqual([]);
  });

  it('returns with an error if the person refuses', async () => {
    await use();
    const { loginUrl, state } = await openApplication();
    await page.goto(address(loginUrl));
    await button('Refuse to sign in').click();
    await hasComeBack();
    const query = new URL(page.url()).searchParams;
    expect([query.get('error'), query.get('state')]).toEqual(['access_denied', state]);
  });
});

describe('the sign-in form', () => {
  const openForm = async (colorScheme: 'light' | 'dark' = 'light') => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 320, height: 640 });
    await page.goto(atSandbox(sandbox, loginUrlFor(sandbox, { redirectUrl: application.url })));
  };

  it.each(['light', 'dark'] as const)('has no accessibility violations at 320 pixels, in %s', async (colorScheme) => {
    await openForm(colorScheme);
    // Through the debugger, because the page's policy allows no script.
    await page.evaluate(readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'));
    const { violations, passes } = await page.evaluate(() => (globalThis as unknown as ApplicationWindow).axe.run());
    expect(violations).toEqual([]);
    expect(passes.map(({ id }) => id)).toEqual(expect.arrayContaining(['color-contrast', 'button-name']));
    const scrollsSideways = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
    expect(scrollsSideways).toBe(false);
  });

  it('says that it belongs to the sandbox, and where it leads back to', async () => {
    await openForm();
    await page.getByText('This is the sandbox’s identity provider').waitFor();
    await page.getByText(new URL(application.url).origin).waitFor();
    expect(await page.getByRole('button').allInnerTexts()).toHaveLength(4);
  });

  it('can be used with the keyboard alone', async () => {
    await openForm();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await hasComeBack();
    expect(new URL(page.url()).searchParams.has('code')).toBe(true);
  });
});

import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../../local/chromium';
import { type Service, startService } from '../../local/running-service';
import { leadTwilioToSandbox } from '../../sandbox/browser-interception';
import { type OpenIdProvider, startOpenIdProvider } from '../../sandbox/openid/server';
import { WAIT_LIMIT_MS } from '../support/limits';
import { serveExamples } from './support/example-site';
import { passUntil, passUntilRequest, stopClock } from './support/page-clock';

let provider: OpenIdProvider | undefined;
let service: Service | undefined;
let browser: Browser | undefined;
let site: Awaited<ReturnType<typeof serveExamples>> | undefined;
let page: Page;
let url: string;

beforeAll(async () => {
  provider = await startOpenIdProvider();
  // Flex tokens of half a minute, so that the page renews its client while the test watches.
  service = await startService({ ...provider.environment(), MAX_TOKEN_TTL: '30' });
  browser = await launchChromium();
  const settings = { service: service.origin, issuer: provider.issuer };
  site = await serveExamples(settings);
  url = `${site.origin}/own-sign-in/`;
  provider.trust(url);
  const context = await browser.newContext();
  context.setDefaultTimeout(WAIT_LIMIT_MS);
  await leadTwilioToSandbox(context, service.sandbox);
  page = await context.newPage();
});
afterAll(async () => {
  await browser?.close();
  site?.close();
  await service?.close();
  await provider?.close();
});

it('signs in at the company’s provider, creates a live Flex client, and renews it', async () => {
  await page.goto(url);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Example Newcomer' }).click();
  await page.getByRole('status').filter({ hasText: 'Signed in, until 20' }).waitFor();
  expect(page.url()).toBe(url);
  const first = await page.getByRole('status').textContent();
  const tokenOf = () => page.evaluate('flexClient.token') as Promise<string>;
  const token = await tokenOf();
  expect(service?.sandbox.user('newcomer@example.com')).toMatchObject({ roles: ['agent'] });

  await page.waitForFunction(`document.querySelector('[role=status]').textContent !== ${JSON.stringify(first)}`);
  expect(await tokenOf()).not.toBe(token);
  expect(await page.getByRole('alert').textContent()).toBe('');
});

it('says why there is no Flex token for someone without a role', async () => {
  await page.context().clearCookies();
  await page.goto(url);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Example Accountant' }).click();
  await page.getByRole('alert').filter({ hasText: 'grants no Flex role' }).waitFor();
});

it('warns while renewal fails, clears the warning after a renewal, and says that the session has ended', async () => {
  await page.context().clearCookies();
  await stopClock(page);
  await page.goto(url);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Example Newcomer' }).click();
  await page.getByRole('status').filter({ hasText: 'Signed in, until 20' }).waitFor();
  await page.route('**/mint', (route) => route.abort());
  await passUntil(page, async () => (await page.getByRole('alert').textContent()) !== '');
  await page.unroute('**/mint');
  await passUntilRequest(page, '**/mint');
  await page.getByRole('alert').filter({ hasText: /^$/ }).waitFor({ state: 'attached' });
  expect(await page.getByRole('status').textContent()).toContain('Signed in, until 20');

  await page.route('**/mint', (route) => route.abort());
  await page.clock.runFor(5 * 60_000);
  await page.getByRole('status').filter({ hasText: 'Your session has ended. Sign in again.' }).waitFor();
  expect(await page.getByRole('alert').textContent()).not.toBe('');
});

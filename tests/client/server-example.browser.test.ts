import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../../local/chromium';
import { type Service, startService } from '../../local/running-service';
import { leadTwilioToSandbox } from '../../sandbox/browser-interception';
import { backendKey } from '../support/backend-keys';
import { WAIT_LIMIT_MS } from '../support/limits';
import { startTogether } from '../support/start-together';
import { serveExamples } from './support/example-site';
import { passUntil, passUntilRequest, stopClock } from './support/page-clock';

const { key, entry } = backendKey('server', 'mint');
let service: Service | undefined;
let browser: Browser | undefined;
let site: Awaited<ReturnType<typeof serveExamples>> | undefined;
let page: Page;
let url: string;

beforeAll(async () => {
  // Flex tokens of half a minute, so that the page renews its client while the test watches.
  [service, browser] = await startTogether(
    startService({ BACKEND_KEYS: entry, MAX_TOKEN_TTL: '30' }),
    launchChromium(),
  );
  const settings = {
    service: service.origin,
    issuer: 'http://127.0.0.1:1',
    backendKey: key,
    passwords: { 'agent@example.com': 'correct horse', 'unknown@example.com': 'battery staple' },
  };
  site = await serveExamples(settings);
  url = `${site.origin}/server/`;
});
afterAll(async () => {
  await browser?.close();
  site?.close();
  await service?.close();
});
beforeEach(async () => {
  if (!browser || !service) throw new Error('Nothing has started.');
  const context = await browser.newContext();
  context.setDefaultTimeout(WAIT_LIMIT_MS);
  await leadTwilioToSandbox(context, service.sandbox);
  page = await context.newPage();
});
afterEach(() => page.context().close());

async function signIn(username: string, password: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

it('signs in with a password, creates a live Flex client, and renews it', async () => {
  await signIn('agent@example.com', 'correct horse');
  await page.getByRole('status').filter({ hasText: 'Connected until 20' }).waitFor();
  const first = await page.getByRole('status').textContent();
  const tokenOf = () => page.evaluate('flexClient.token') as Promise<string>;
  const token = await tokenOf();
  await page.waitForFunction(`document.querySelector('[role=status]').textContent !== ${JSON.stringify(first)}`);
  expect(await tokenOf()).not.toBe(token);
  expect(await page.getByRole('alert').textContent()).toBe('');
});

it('warns while renewal fails, clears the warning after a renewal, and says that the session has ended', async () => {
  await stopClock(page);
  await signIn('agent@example.com', 'correct horse');
  await page.getByRole('status').filter({ hasText: 'Connected until 20' }).waitFor();
  await page.route('**/flex-token', (route) => route.abort());
  await passUntil(page, async () => (await page.getByRole('alert').textContent()) !== '');
  await page.unroute('**/flex-token');
  await passUntilRequest(page, '**/flex-token');
  await page.getByRole('alert').filter({ hasText: /^$/ }).waitFor({ state: 'attached' });
  expect(await page.getByRole('status').textContent()).toContain('Connected until 20');

  await page.route('**/flex-token', (route) => route.abort());
  await page.clock.runFor(5 * 60_000);
  await page.getByRole('status').filter({ hasText: 'Your session has ended. Reload the page.' }).waitFor();
  expect(await page.getByRole('alert').textContent()).not.toBe('');
});

it('says why there is no Flex token for a user that Flex does not know', async () => {
  await signIn('unknown@example.com', 'battery staple');
  await page.getByRole('alert').filter({ hasText: 'No such Flex user' }).waitFor();
  expect(await page.evaluate('typeof flexClient')).toBe('undefined');
});

import type { Page } from 'playwright-core';
import { useLoginPage } from './support/harness';
import { defaultConfig } from './support/service';

const login = useLoginPage();
const APP = 'https://app.example.com';

/** A site that opens the login page, as an app would. */
async function openFrom(site: string, query: string, host = 'login.example'): Promise<Page> {
  await login.context.route(`${site}/**`, (route) => route.fulfill({ contentType: 'text/html', body: '<h1>App</h1>' }));
  await login.page.goto(`${site}/`);
  const address = login.service.origin.replace('127.0.0.1', host);
  const popup = login.page.waitForEvent('popup');
  await login.page.evaluate(`
    globalThis.got = new Promise((done) => addEventListener('message', ({ data, origin }) => done({ data, origin })));
    globalThis.opened = window.open('${address}/login.html${query}')`);
  return popup;
}

it('hands the session to the listed site that opened it, and closes', async () => {
  const popup = await openFrom(APP, `?mode=popup&origin=${APP}`);
  if (!popup.isClosed()) await popup.waitForEvent('close');
  expect(await login.page.evaluate('got')).toEqual({
    origin: login.service.origin.replace('127.0.0.1', 'login.example'),
    data: {
      type: 'flex-auth:session',
      session: expect.objectContaining({ accessToken: login.twilio.tokens[0], username: 'ada@example.com' }),
    },
  });
});

it.each([
  ['is not listed', `?mode=popup&origin=https://evil.example`],
  ['begins like a listed one', `?mode=popup&origin=${APP}.evil.example`],
  ['is missing', '?mode=popup'],
  ['is more than an origin', `?mode=popup&origin=${APP}/path`],
  ['is given twice', `?mode=popup&origin=${APP}&origin=https://evil.example`],
  ['is this machine, while the page is not', '?mode=popup&origin=http://localhost:8080'],
])('refuses an origin that %s, before anybody signs in', async (_, query) => {
  const popup = await openFrom(APP, query);
  await popup.getByRole('alert').filter({ hasText: 'may not receive your session' }).waitFor();
  expect(login.twilio.requests).toEqual([]);
  expect(popup.isClosed()).toBe(false);
});

it('takes any port of this machine for listed while it is itself on this machine', async () => {
  const site = 'http://localhost:8080';
  const popup = await openFrom(site, `?mode=popup&origin=${site}`, '127.0.0.1');
  if (!popup.isClosed()) await popup.waitForEvent('close');
  expect(await login.page.evaluate('got')).toMatchObject({ data: { type: 'flex-auth:session' } });
});

it('sends nothing to a site that names a listed origin which is not its own', async () => {
  const popup = await openFrom('https://evil.example', `?mode=popup&origin=${APP}`);
  if (!popup.isClosed()) await popup.waitForEvent('close');
  // The first message that arrives at all is the one that the site sends itself now.
  expect(await login.page.evaluate("postMessage('its own', '*'), got")).toMatchObject({ data: 'its own' });
});

it('says what to do if no window has opened it', async () => {
  await login.open(`?mode=popup&origin=${APP}`);
  await login.alert('allow popups for that site');
  expect(login.twilio.requests).toEqual([]);
});

it('stops in a popup too after two redirects that came back with nothing', async () => {
  login.twilio.comeBack = () => ({});
  const popup = await openFrom(APP, `?mode=popup&origin=${APP}`);
  await popup.getByRole('alert').filter({ hasText: 'came back twice without a result' }).waitFor();
  expect(login.twilio.requestsTo('/v1/Flex/Authorize')).toHaveLength(2);
});

it('checks again who may receive the session before it hands one over', async () => {
  const { comeBack } = login.twilio;
  login.twilio.comeBack = (authorize) => {
    login.service.config = { ...defaultConfig(), allowed_origins: [] };
    return comeBack(authorize);
  };
  const popup = await openFrom(APP, `?mode=popup&origin=${APP}`);
  await popup.getByRole('alert').filter({ hasText: 'may not receive your session' }).waitFor();
  expect(login.twilio.tokens).toHaveLength(1);
  expect(await popup.evaluate("sessionStorage.getItem('flex-auth:session')")).toBeNull();
});

it.each([
  ['denied', { error: 'access_denied' }, 'The sign-in was declined', 'The sign-in was declined'],
  [
    'not-allowed',
    { error: 'access_denied', error_description: 'User is not assigned to the client application.' },
    'User is not assigned to the client application.',
    'Your organization did not allow this sign-in',
  ],
  [
    'provider',
    { error: 'server_error', error_description: 'Said elsewhere' },
    'Said elsewhere',
    'Your identity provider',
  ],
])(
  'tells a listed opener that a sign-in failed as %s, in its own words, and stays open',
  async (reason, back, shown, told) => {
    login.twilio.comeBack = () => back as Record<string, string>;
    const popup = await openFrom(APP, `?mode=popup&origin=${APP}`);
    expect(await login.page.evaluate('got')).toEqual({
      origin: login.service.origin.replace('127.0.0.1', 'login.example'),
      data: { type: 'flex-auth:refused', reason, message: expect.stringMatching(new RegExp(`^${told}`)) },
    });
    await popup.getByRole('alert').filter({ hasText: shown }).waitFor();
    await popup.getByRole('button', { name: 'Sign in with SSO' }).waitFor();
    expect(popup.isClosed()).toBe(false);
  },
);

it('tells a site that is no longer listed nothing about a failed sign-in', async () => {
  login.twilio.comeBack = () => {
    login.service.config = { ...defaultConfig(), allowed_origins: [] };
    return { error: 'access_denied' };
  };
  const popup = await openFrom(APP, `?mode=popup&origin=${APP}`);
  await popup.getByRole('alert').filter({ hasText: 'The sign-in was declined' }).waitFor();
  await popup.waitForLoadState('networkidle');
  expect(await login.page.evaluate("postMessage('its own', '*'), got")).toMatchObject({ data: 'its own' });
});

import { SIGNED_IN, useLoginPage } from './support/harness';
import { defaultConfig } from './support/service';

const login = useLoginPage();

const CONFIG = '/v1/Flex/Authentication/Config';
const TOKENS = '/v1/Flex/OAuth/Tokens';

/** Removes the cause of a failure, then signs in by the button. */
async function signInByButton(): Promise<void> {
  login.twilio.trouble = {};
  login.service.config = defaultConfig();
  await login.button('Sign in with SSO').click();
  await login.status(SIGNED_IN);
}

it('says that single sign-on is not active if no connection is', async () => {
  const active = login.twilio.configList;
  login.twilio.configList = active.map((connection) => ({ ...connection, active: false }));
  await login.open();
  await login.alert('Single sign-on is not active');
  login.twilio.configList = active;
  await signInByButton();
});

it.each(['abort', 500] as const)('says that Twilio could not be reached if the look-up ends in %s', async (trouble) => {
  login.twilio.trouble[CONFIG] = trouble;
  await login.open();
  await login.alert('Twilio could not be reached');
  await signInByButton();
});

it('says that its settings are missing if GET /config fails, and sends no request to Twilio', async () => {
  login.service.config = 500;
  await login.open();
  await login.alert('/config does not respond');
  expect(login.twilio.requests).toEqual([]);
  await signInByButton();
});

it.each([
  ['the look-up', CONFIG],
  ['the exchange', TOKENS],
  ['the client', '/v1/Configuration'],
])('waits 15 s for %s and no longer', async (_, path) => {
  await login.page.clock.install();
  login.twilio.trouble[path] = 'hang';
  const asked = login.page.waitForRequest((request) => new URL(request.url()).pathname === path);
  await login.page.goto(`${login.service.origin}/login.html`, { waitUntil: 'commit' });
  await asked;
  await login.page.clock.runFor(10_000);
  expect(await login.page.getByRole('alert').textContent()).toBe('');
  await login.page.clock.runFor(5_500);
  await login.alert('There was no response within 15 seconds');
  expect(await login.button('Sign in with SSO').isVisible()).toBe(true);
});

it('shows the error description of the identity provider as text, and signs in at the next try', async () => {
  const { comeBack } = login.twilio;
  login.twilio.comeBack = () => ({
    error: 'server_error',
    error_description: '<img src=x onerror="globalThis.bad=1">',
  });
  await login.open();
  await login.alert('<img src=x onerror="globalThis.bad=1">');
  expect(await login.page.evaluate('globalThis.bad')).toBeUndefined();
  expect(await login.page.getByRole('alert').locator('img').count()).toBe(0);
  expect(login.page.url()).toBe(`${login.service.origin}/login.html`);
  expect(await login.stored('flex-auth:login')).toBeNull();
  login.twilio.comeBack = comeBack;
  await signInByButton();
});

it('says that the sign-in was declined, and a second try ends where the first one was to', async () => {
  const { comeBack } = login.twilio;
  login.twilio.comeBack = () => ({ error: 'access_denied' });
  await login.open('?return_to=/app');
  await login.alert('The sign-in was declined');
  login.twilio.comeBack = comeBack;
  await login.button('Sign in with SSO').click();
  await login.page.waitForURL('**/app');
});

it('returns to the page that the sign-in was for after a reload of the failed sign-in', async () => {
  const { comeBack } = login.twilio;
  login.twilio.comeBack = () => ({ error: 'access_denied' });
  await login.open('?return_to=/app');
  await login.alert('The sign-in was declined');
  login.twilio.comeBack = comeBack;
  await login.page.reload();
  await login.page.waitForURL('**/app');
});

it('says what to do if Twilio does not trust the URL of the page', async () => {
  login.twilio.comeBack = () => ({ error: 'invalid_request', error_description: 'redirectUrl is not allowed' });
  await login.open();
  await login.alert('trusted URLs');
});

it.each([
  ['without its state', {}],
  ['with another state', { state: 'other' }],
])('refuses a response %s, exchanges nothing, and refuses it at a second try too', async (_, answer) => {
  login.twilio.comeBack = () => ({ code: 'stolen', ...answer });
  await login.open();
  await login.alert('does not belong to the sign-in');
  await login.open(`?code=stolen&state=other`);
  await login.alert('was not started in this tab');
  expect(login.twilio.requestsTo(TOKENS)).toEqual([]);
});

it('refuses a response to a sign-in that was not started in this browser, and exchanges nothing', async () => {
  await login.open('?code=stolen&state=stolen');
  await login.alert('was not started in this tab');
  expect(login.twilio.requestsTo(TOKENS)).toEqual([]);
  expect(login.page.url()).toBe(`${login.service.origin}/login.html`);
  await signInByButton();
});

it('refuses a response that arrives more than 10 minutes after the start', async () => {
  await login.page.goto(`${login.service.origin}/start`);
  const details = {
    loginUrl: 'l',
    nonce: 'n',
    codeChallenge: 'c',
    codeVerifier: 'v',
    clientId: 'i',
    ssoProfileSid: 's',
  };
  const pending = JSON.stringify({ ...details, state: 'mine', startedAt: Date.now() - 601_000 });
  await login.page.evaluate(`sessionStorage['flex-auth:login'] = ${JSON.stringify(pending)}`);
  await login.open('?code=late&state=mine');
  await login.alert('took more than 10 minutes');
  expect(login.twilio.requestsTo(TOKENS)).toEqual([]);
});

it('says that a code may have been used in another tab if Twilio refuses it', async () => {
  login.twilio.trouble[TOKENS] = 400;
  await login.open();
  await login.alert('used in another tab');
  expect(await login.stored('flex-auth:session')).toBeNull();
  await signInByButton();
});

it('says that the clock of the device is wrong if a new session has expired already', async () => {
  login.twilio.lifetimeSeconds = -60;
  await login.open();
  await login.alert('clock appears to be wrong');
  login.twilio.lifetimeSeconds = 3600;
  await signInByButton();
});

it('stops after two redirects that came back with nothing, and says so', async () => {
  login.twilio.comeBack = () => ({});
  await login.open();
  await login.alert('came back twice without a result');
  expect(login.twilio.requestsTo('/v1/Flex/Authorize')).toHaveLength(2);
});

it.each([
  'https://evil.example/',
  '//evil.example',
  '/\\evil.example',
  'javascript:alert(1)',
  '/.//evil.example',
  'app',
])('refuses to return to %s, and waits for the button', async (address) => {
  await login.open(`?return_to=${encodeURIComponent(address)}`);
  await login.alert('not a path on this site');
  expect(login.twilio.requests).toEqual([]);
  await signInByButton();
  expect(login.page.url()).toContain('/login.html');
});

it.each([
  ['throws', '() => { throw new DOMException("no", "SecurityError") }'],
  ['gives null, as Firefox does without DOM storage', '() => null'],
  ['is missing', '() => undefined'],
])('says what to do if the browser stores nothing for the site: its store %s', async (_, get) => {
  await login.page.addInitScript(`Object.defineProperty(window, "sessionStorage", { get: ${get} })`);
  await login.open();
  await login.alert('Allow this site to store data');
  const reloaded = login.page.waitForEvent('framenavigated');
  await login.button('Sign in with SSO').click();
  await reloaded;
  await login.alert('Allow this site to store data');
});

it('takes the code out of the address bar even if the browser stores nothing for the site', async () => {
  await login.page.addInitScript('Object.defineProperty(window, "sessionStorage", { get: () => null })');
  await login.open('?code=secret&state=mine');
  await login.alert('Allow this site to store data');
  expect(login.page.url()).toBe(`${login.service.origin}/login.html`);
});

it('requests the client part under another URL after a failure, since the browser may not request the same one again', async () => {
  await login.open();
  await login.status(SIGNED_IN);
  await login.button('Sign out').click();
  const requested: string[] = [];
  login.page.on('request', (request) => {
    if (request.url().includes('login-client')) requested.push(request.url());
  });
  await login.page.route('**/login-client.js*', (route) => route.abort());
  await login.open('?mode=token');
  await login.page.getByLabel('Flex token').fill(login.twilio.tokens[0] ?? '');
  await login.button('Use this token').click();
  await login.alert('A part of this page could not be loaded');
  await login.page.unroute('**/login-client.js*');
  await login.button('Use this token').click();
  await login.status(SIGNED_IN);
  expect(new Set(requested).size).toBe(requested.length);
});

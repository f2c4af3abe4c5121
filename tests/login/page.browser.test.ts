import { readFileSync } from 'node:fs';
import { SIGNED_IN, useLoginPage } from './support/harness';
import { startPageService } from './support/service';

const login = useLoginPage();
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** Each state of the page, and how to get there. */
const STATES: Record<string, () => Promise<unknown>> = {
  'looking up': async () => {
    login.twilio.trouble['/v1/Flex/Authentication/Config'] = 'hang';
    await login.open();
    await login.status('Looking up');
  },
  waiting: () => login.open('?mode=token'),
  'signed in': async () => {
    await login.open('?return_to=/x');
    await login.page.waitForURL('**/x');
    await login.open('?return_to=/x');
    await login.status(SIGNED_IN);
  },
  'signed out': async () => {
    await login.open();
    await login.button('Sign out').click();
    await login.status('You are signed out');
  },
  'near the end of the session': () => login.openNearTheEnd(),
  'not reached, with a session': async () => {
    await login.open();
    await login.status(SIGNED_IN);
    login.twilio.trouble['/v1/Configuration'] = 'abort';
    await login.page.reload();
    await login.alert('could not be reached');
    await login.status('This tab still holds your session');
    await login.button('Sign out').waitFor();
  },
  failed: async () => {
    await login.open(`?error=access_denied&error_description=${'because_of_a_long_word_'.repeat(8)}`);
    await login.alert('did not allow this sign-in');
    const said = await login.page.getByRole('alert').textContent();
    expect(said).toMatch(/^because_of/);
    expect(said).not.toMatch(/declined/i);
  },
  'token refused': async () => {
    await login.open('?mode=token');
    await login.page.getByLabel('Flex token').fill('un.known');
    await login.button('Use this token').click();
    await login.alert('did not accept this token');
  },
};
const looks = [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 320 },
] as const;

describe.each(looks)('in %o', ({ colorScheme, width }) => {
  it.each(Object.keys(STATES))('%s: fits, and axe finds nothing', async (state) => {
    await login.renewContext({
      colorScheme,
      viewport: { width, height: 640 },
      reducedMotion: 'reduce',
      bypassCSP: true,
    });
    await STATES[state]?.();
    await login.page.evaluate(axe);
    const { violations } = await login.page.evaluate<{ violations: { id: string; help: string }[] }>('axe.run()');
    expect(violations.map(({ id, help }) => `${id}: ${help}`)).toEqual([]);
    expect(await login.page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  });
});

it('works with the keyboard alone, and keeps the focus when a button disappears', async () => {
  await login.open('?mode=token');
  await login.page.getByLabel('Flex token').press('Shift+Tab');
  await login.page.keyboard.press('Shift+Tab');
  expect(await login.page.evaluate('document.activeElement.textContent')).toBe('Sign in with SSO');
  await login.page.keyboard.press('Enter');
  await login.status(SIGNED_IN);
  for (const name of ['Copy token', 'Sign out']) {
    await login.page.keyboard.press('Tab');
    expect(await login.page.evaluate('document.activeElement.textContent')).toBe(name);
    expect(await login.page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
  }
  await login.page.keyboard.press('Enter');
  await login.status('You are signed out');
  expect(await login.page.evaluate('document.activeElement.id')).toBe('main');
});

it('animates nothing for people who prefer less motion', async () => {
  const moving = `document.getAnimations().length`;
  await login.renewContext({ reducedMotion: 'reduce' });
  login.twilio.trouble['/v1/Flex/Authentication/Config'] = 'hang';
  await login.open();
  await login.status('Looking up');
  expect(await login.page.evaluate(moving)).toBe(0);
});

it('shows nothing inside a frame, does nothing there, and offers to open a new tab', async () => {
  await login.context.route('**/framing', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<iframe src="login.html"></iframe>' }),
  );
  await login.page.goto(`${login.service.origin}/framing`);
  const frame = login.page.frameLocator('iframe');
  await frame.getByRole('link', { name: 'Open it in a new tab' }).waitFor();
  expect(await frame.getByRole('button').count()).toBe(0);
  expect(await frame.getByRole('status').count()).toBe(0);
  expect(login.twilio.requests).toEqual([]);
  expect(login.service.requests).not.toContain('/config');
});

it('shows only a note if JavaScript is off', async () => {
  await login.renewContext({ javaScriptEnabled: false });
  await login.open();
  expect(await login.page.getByRole('button').count()).toBe(0);
  expect(await login.page.locator('noscript').textContent()).toContain('This page requires JavaScript');
});

it('offers to reload if its script does not load', async () => {
  await login.page.route('**/login.js', (route) => route.abort());
  await login.open();
  const late = login.page.getByRole('link', { name: 'Reload the page' });
  expect(await late.isVisible()).toBe(false);
  // The animation starts after 15 s.
  await login.page.evaluate('for (const animation of document.getAnimations()) animation.finish()');
  expect(await late.isVisible()).toBe(true);
  await login.page.unroute('**/login.js');
  await late.click();
  await login.status(SIGNED_IN);
  expect(await late.isVisible()).toBe(false);
});

it('says in heading and title whether the person is signed in', async () => {
  await login.open();
  await login.page.getByRole('heading', { name: 'Signed in to Flex' }).waitFor();
  expect(await login.page.title()).toBe('Signed in to Flex');
  await login.button('Sign out').click();
  await login.page.getByRole('heading', { name: 'Sign in to Flex' }).waitFor();
});

it.each([
  [
    'a script in the page',
    `const s = document.createElement('script'); s.append('globalThis.bad = 1'); document.body.append(s)`,
  ],
  ['markup made of text', `document.body.innerHTML = '<img src=x onerror="globalThis.bad=1">'`],
  ['a handler in markup', `document.body.setAttribute('onclick', 'globalThis.bad = 1'); document.body.click()`],
  ['text that is run', `globalThis.bad = eval('1')`],
  [
    'a script of another host',
    `const s = document.createElement('script'); s.src = 'https://evil.example/x.js'; document.body.append(s)`,
  ],
  ['a request to another host', `fetch('https://evil.example/').then(() => (globalThis.bad = 1))`],
  ['a request to a host with the same ending', `fetch('https://eviltwilio.com/').then(() => (globalThis.bad = 1))`],
  [
    'a base',
    `const b = document.createElement('base'); b.href = 'https://evil.example/'; document.head.append(b); globalThis.bad = document.baseURI.includes('evil') || undefined`,
  ],
])('has a content security policy that stops %s', async (_, attack) => {
  await login.context.route(/evil/, (route) =>
    route.fulfill({ body: 'globalThis.bad = 1', headers: { 'access-control-allow-origin': '*' } }),
  );
  await login.page.addInitScript(`
    globalThis.stopped = new Promise((done) => addEventListener('securitypolicyviolation', () => done(true)))`);
  await login.open('?mode=token');
  await login.status('You are not signed in');
  // In a task of the page: what a debugger runs is not always held to the policy.
  await login.page.evaluate(`void setTimeout(() => { ${attack} })`);
  expect(await login.page.evaluate('stopped')).toBe(true);
  expect(await login.page.evaluate('globalThis.bad')).toBeUndefined();
});

it('violates no policy, logs no error, and contacts no host but its own and Twilio', async () => {
  const hosts = new Set<string>();
  login.context.on('request', (request) => hosts.add(new URL(request.url()).hostname));
  await login.open();
  await login.status(SIGNED_IN);
  await login.button('Sign out').click();
  expect(login.log).toEqual([]);
  expect([...hosts].filter((host) => !host.endsWith('.twilio.com'))).toEqual(['127.0.0.1']);
});

it('loads only what the size limits count, before the redirect and for a whole sign-in', async () => {
  const loaded: string[] = [];
  let returned = 0;
  login.context.on('request', (request) => {
    const { origin, pathname } = new URL(request.url());
    if (origin !== login.service.origin) return;
    if (request.isNavigationRequest()) returned = loaded.length;
    loaded.push(pathname);
  });
  await login.open();
  await login.status(SIGNED_IN);
  // The client part may load while the browser leaves, if it has the time.
  const before = loaded.slice(0, returned).filter((path) => path !== '/login-client.js');
  expect(new Set(before)).toEqual(new Set(['/login.html', '/login.css', '/login-icon.svg', '/login.js', '/config']));
  // Of this document: the one before it can still send requests until this one has arrived.
  const parts = await login.page.evaluate(
    () =>
      performance.getEntriesByType('resource').filter(({ name }) => new URL(name).pathname === '/login-client.js')
        .length,
  );
  expect(parts).toBe(1);
});

it('fetches the client part ahead while it waits for the person', async () => {
  const ahead = login.page.waitForRequest(/login-client\.js/);
  await login.open('?mode=token');
  await ahead;
});

it('sends every request to the sandbox in a build for it, and says so', async () => {
  const asked: string[] = [];
  const sandbox = 'http://127.0.0.1:9';
  await login.context.route(`${sandbox}/**`, async (route) => {
    const url = new URL(route.request().url());
    asked.push(url.pathname);
    if (url.pathname.endsWith('/Authorize')) return route.fulfill({ body: 'Sandbox sign-in' });
    return route.fulfill({
      json: { config_list: login.twilio.configList },
      headers: { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' },
    });
  });
  const service = await startPageService({ unsafeTwilioOrigin: sandbox });
  try {
    await login.page.goto(`${service.origin}/login.html`);
    await login.page.waitForURL(`${sandbox}/services.twilio.com/v1/Flex/Authorize?**`);
    await login.page.goto(`${service.origin}/login.html?mode=token`);
    await login.page.getByText('Sandbox: no real Twilio account').waitFor();
    await login.page.getByLabel('Flex token').fill('any.token');
    await login.button('Use this token').click();
    await login.page.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
  } finally {
    await service.close();
  }
  expect(new Set(asked.map((path) => path.split('/')[1]))).toEqual(
    new Set(['services.twilio.com', 'flex-api.twilio.com']),
  );
  expect(login.twilio.requests).toEqual([]);
});

import { SIGNED_IN, useLoginPage } from './support/harness';

const login = useLoginPage();

const TOKENS = '/v1/Flex/OAuth/Tokens';
const accessToken = () => login.page.evaluate<string>('flexAuth.session.accessToken');

it('renews the session ahead of its expiry, and gives client, page and store the same new tokens', async () => {
  await login.page.clock.install();
  login.twilio.lifetimeSeconds = 3600;
  await login.open();
  await login.status(SIGNED_IN);
  const first = await login.stored('flex-auth:session');
  const renewed = login.page.evaluate('new Promise((done) => addEventListener("flex-auth:renewed", () => done(true)))');
  login.twilio.lifetimeSeconds = 7200;
  await login.page.clock.fastForward(56 * 60_000);
  expect(await renewed).toBe(true);

  const second = await login.stored('flex-auth:session');
  expect(second).not.toEqual(first);
  expect(second?.accessToken).toBe(login.twilio.tokens[1]);
  expect(second?.refreshToken).not.toBe(first?.refreshToken);
  expect(await accessToken()).toBe(second?.accessToken);
  expect(await login.page.evaluate('flexAuth.client.token')).toBe(second?.accessToken);
  expect(JSON.parse(login.twilio.requestsTo(TOKENS)[1]?.body ?? '')).toMatchObject({
    grant_type: 'RefreshToken',
    refresh_token: first?.refreshToken,
    sso_profile_sid: 'JBactive',
  });
});

it('warns at the maximum lifetime of a session, and goes on until it ends', async () => {
  await login.openNearTheEnd();
  await login.status(SIGNED_IN);
  expect(await login.button('Sign in with SSO').isVisible()).toBe(true);
  await login.page.clock.fastForward(6 * 60_000);
  // The first attempt after a sleep may fail for lack of a network.
  await login.page.clock.fastForward(70_000);
  await login.alert('Your session has ended');
  expect(await login.page.evaluate('typeof flexAuth')).toBe('undefined');
  expect(await login.stored('flex-auth:session')).toBeNull();
});

it('renews an expired session on load by its refresh token, without a redirect', async () => {
  await login.open();
  await login.status(SIGNED_IN);
  await expireStoredSession();
  await login.page.reload();
  await login.status(SIGNED_IN);
  expect(login.twilio.requestsTo('/v1/Flex/Authorize')).toHaveLength(1);
  expect(await accessToken()).toBe(login.twilio.tokens[1]);
});

it('signs in again if an expired session cannot be renewed', async () => {
  await login.open();
  await login.status(SIGNED_IN);
  await expireStoredSession({ refreshToken: 'unknown' });
  login.twilio.trouble[TOKENS] = 400;
  const redirected = login.page.waitForRequest(/Flex\/Authorize/);
  await login.page.reload({ waitUntil: 'commit' });
  await redirected;
});

it('signs in again if Twilio has revoked a token that has not expired', async () => {
  await login.open();
  await login.status(SIGNED_IN);
  await login.page.evaluate(`
    const session = JSON.parse(sessionStorage['flex-auth:session']);
    sessionStorage['flex-auth:session'] = JSON.stringify({ ...session, accessToken: 'revoked', refreshToken: undefined })`);
  await login.page.reload();
  await login.status(SIGNED_IN);
  expect(login.twilio.requestsTo('/v1/Flex/Authorize')).toHaveLength(2);
});

it('keeps the session if the network is down on load, and continues with it afterwards', async () => {
  await login.open();
  await login.status(SIGNED_IN);
  login.twilio.trouble['/v1/Configuration'] = 'abort';
  await login.page.reload();
  await login.alert('could not be reached');
  login.twilio.trouble = {};
  await login.page.reload();
  await login.status(SIGNED_IN);
  expect(login.twilio.requestsTo('/v1/Flex/Authorize')).toHaveLength(1);
});

describe('tabs that hold the same session', () => {
  const openCopy = async (how: 'window.open' | 'a copied store') => {
    const opened = login.context.waitForEvent('page');
    if (how === 'window.open') await login.page.evaluate("void window.open('/login.html')");
    else {
      const session = JSON.stringify(await login.stored('flex-auth:session'));
      const tab = await login.context.newPage();
      await tab.addInitScript(`sessionStorage['flex-auth:session'] ??= ${JSON.stringify(session)}`);
      await tab.goto(`${login.service.origin}/login.html`);
    }
    const copy = await opened;
    await copy.getByRole('status').filter({ hasText: SIGNED_IN }).waitFor();
    return copy;
  };
  const RENEWED = 'new Promise((done) => addEventListener("flex-auth:renewed", () => done(true), { once: true }))';

  it.each(['window.open', 'a copied store'] as const)('share each renewal: %s', async (how) => {
    await login.context.clock.install();
    await login.open();
    await login.status(SIGNED_IN);
    const tabs = [login.page, await openCopy(how)];
    for (const seconds of [7_200, 10_800]) {
      login.twilio.lifetimeSeconds = seconds;
      const renewed = tabs.map((tab) => tab.evaluate(RENEWED));
      await login.context.clock.fastForward((seconds - 3_600 - 240) * 1000);
      await Promise.all(renewed);
    }
    const spent = login.twilio.requestsTo(TOKENS).map(({ body }) => JSON.parse(body).refresh_token);
    expect(new Set(spent).size).toBe(spent.length);
    const held = await Promise.all(tabs.map((tab) => tab.evaluate('flexAuth.client.token')));
    expect(held).toEqual([login.twilio.tokens.at(-1), login.twilio.tokens.at(-1)]);
  });

  it.each([0, 1_500])('share the renewal if they load expired at the same time: %d ms', async (delayMs) => {
    await login.open();
    await login.status(SIGNED_IN);
    const tabs = [login.page, await openCopy('window.open')];
    for (const tab of tabs) {
      await expireStoredSession({}, tab);
      await tab.goto('about:blank');
    }
    await login.context.route(/Flex.OAuth.Tokens/, async (route) => {
      await new Promise((done) => setTimeout(done, delayMs));
      await route.fallback();
    });
    await Promise.all(tabs.map((tab) => tab.goto(`${login.service.origin}/login.html`)));
    for (const tab of tabs) await tab.getByRole('status').filter({ hasText: SIGNED_IN }).waitFor();
    // The code, and the refresh token once.
    expect(login.twilio.requestsTo(TOKENS)).toHaveLength(2);
    expect(login.twilio.requestsTo('/v1/Flex/Authorize')).toHaveLength(1);
    const held = await Promise.all(tabs.map((tab) => tab.evaluate('flexAuth.session.refreshToken')));
    expect(held[0]).toBe(held[1]);
  });

  it('renew later if one of them holds the lock of the renewal for more than 40 s', async () => {
    await login.page.clock.install();
    await login.open();
    await login.status(SIGNED_IN);
    await login.page.evaluate(`(async () => {
      const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(flexAuth.session.accessToken));
      const id = Array.from(new Uint8Array(hash, 0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('');
      const held = new Promise((release) => { globalThis.release = release; });
      void navigator.locks.request('flex-auth:renewal:' + id, () => held);
    })()`);
    const renewed = login.page.evaluate(RENEWED);
    login.twilio.lifetimeSeconds = 7_200;
    await login.page.clock.fastForward(56 * 60_000);
    await login.page.waitForFunction('navigator.locks.query().then(({ pending }) => pending.length > 0)');
    await login.page.clock.runFor(41_000);
    await login.page.evaluate('release()');
    await login.page.clock.fastForward(30_000);
    const givenUp = login.alert('could not be renewed').then(() => 'given up');
    expect(await Promise.race([renewed, givenUp])).toBe(true);
  });

  it('are all signed out by a sign-out in one of them while it reloads', async () => {
    await login.open();
    await login.status(SIGNED_IN);
    const copy = await openCopy('a copied store');
    await login.page.evaluate("addEventListener('pagehide', () => flexAuth.signOut()); location.reload()");
    await copy.getByRole('status').filter({ hasText: 'You are signed out' }).waitFor();
  });

  it('are all signed out by a sign-out in one of them, over reloads too', async () => {
    await login.open();
    await login.status(SIGNED_IN);
    const copy = await openCopy('window.open');
    await login.button('Sign out').click();
    await copy.getByRole('status').filter({ hasText: 'You are signed out' }).waitFor();
    expect(await copy.evaluate('typeof flexAuth + sessionStorage["flex-auth:session"]')).toBe('undefinedundefined');
    for (const tab of [copy, login.page]) {
      await tab.reload();
      await tab.getByRole('status').filter({ hasText: 'You are signed out' }).waitFor();
    }
    expect(login.twilio.requestsTo('/v1/Flex/Authorize')).toHaveLength(1);
  });
});

describe.each([-2, 2])('with a device clock that is %d hours off', (hours) => {
  it('signs in, and renews a short session before it expires', async () => {
    await login.page.addInitScript(`
      const offset = ${hours * 3_600_000};
      const RealDate = Date;
      globalThis.Date = class extends RealDate {
        constructor(...parts) { if (parts.length) super(...parts); else super(RealDate.now() + offset); }
        static now() { return RealDate.now() + offset; }
      };`);
    login.twilio.lifetimeSeconds = 20;
    await login.open();
    await login.status(SIGNED_IN);
    expect(
      await login.page.evaluate(`
      new Promise((done) => addEventListener('flex-auth:renewed', () => done(Date.parse(flexAuth.session.expiresAt))))`),
    ).toBeGreaterThan(Date.now());
  });
});

it('is loaded again when the browser restores it from its cache: another tab may have signed out meanwhile', async () => {
  await login.open();
  await login.status(SIGNED_IN);
  const loaded = login.page.waitForEvent('load');
  await login.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))");
  await loaded;
  await login.status(SIGNED_IN);
  expect(login.twilio.requestsTo('/v1/Flex/Authorize')).toHaveLength(1);
});

it('copies the current token', async () => {
  await login.open();
  await login.status(SIGNED_IN);
  await login.button('Copy token').click();
  await login.status('Token copied');
  expect(await login.page.evaluate('navigator.clipboard.readText()')).toBe(login.twilio.tokens[0]);
});

it('keeps the warning that the session ends while it shows a passing failure', async () => {
  await login.page.addInitScript('navigator.clipboard.writeText = () => Promise.reject(new Error("no"))');
  await login.openNearTheEnd();
  await login.button('Copy token').click();
  await login.alert('did not let this page copy');
  await login.alert('reached its maximum length');
  expect(await login.button('Sign in with SSO').isVisible()).toBe(true);
});

it('says what to do if the browser does not let the page copy', async () => {
  await login.page.addInitScript('navigator.clipboard.writeText = () => Promise.reject(new Error("no"))');
  await login.open();
  await login.status(SIGNED_IN);
  await login.button('Copy token').click();
  await login.alert('did not let this page copy');
  await login.status(SIGNED_IN);
});

it('starts the client from a pasted token, and keeps it over a reload', async () => {
  await login.open('?mode=token');
  await login.page.getByLabel('Flex token').fill(' pasted.token\n');
  await login.button('Use this token').click();
  await login.status(SIGNED_IN);
  expect(await login.page.evaluate('flexAuth.client.token')).toBe('pasted.token');
  expect(login.twilio.requestsTo('/v1/Flex/Authorize')).toEqual([]);
  expect(login.twilio.requestsTo(TOKENS)).toEqual([]);
  expect(await login.stored('flex-auth:session')).not.toHaveProperty('refreshToken');
  await login.page.reload();
  await login.status(SIGNED_IN);
});

it('keeps a token that is pasted again after a sign-out over a reload, until the next sign-out', async () => {
  const pasteInto = async (tab: typeof login.page) => {
    await tab.getByLabel('Flex token').fill('pasted.token');
    await tab.getByRole('button', { name: 'Use this token' }).click();
    await tab.getByRole('status').filter({ hasText: SIGNED_IN }).waitFor();
  };
  const address = `${login.service.origin}/login.html?mode=token`;
  await login.open('?mode=token');
  await pasteInto(login.page);
  await login.button('Sign out').click();
  await login.status('You are signed out');
  await login.open('?mode=token');
  await pasteInto(login.page);
  const other = await login.context.newPage();
  await other.goto(address);
  await pasteInto(other);
  for (const tab of [login.page, other]) {
    await tab.reload();
    await tab.getByRole('status').filter({ hasText: SIGNED_IN }).waitFor();
  }
  await login.button('Sign out').click();
  await other.getByRole('status').filter({ hasText: 'You are signed out' }).waitFor();
  for (const tab of [login.page, other]) {
    await tab.reload();
    await tab.getByRole('status').filter({ hasText: 'You are signed out' }).waitFor();
  }
});

it('says that a pasted token is rejected or missing, and accepts another one', async () => {
  await login.open('?mode=token');
  await login.button('Use this token').click();
  await login.alert('Paste a Flex token into the field first');
  await login.page.getByLabel('Flex token').fill('un.known');
  await login.button('Use this token').click();
  await login.alert('did not accept this token');
  await login.page.getByLabel('Flex token').fill('pasted.token');
  await login.page.keyboard.press('Enter');
  await login.status(SIGNED_IN);
});

it('names the person by identity if Twilio returns no user name', async () => {
  login.twilio.user = { identity: 'guest_1', roles: ['agent'], realm_user_id: null };
  await login.open();
  await login.status('Signed in as guest_1');
  expect(await login.stored('flex-auth:session')).not.toHaveProperty('username');
});

it('loads the telemetry only if it is turned on', async () => {
  await login.open();
  await login.status(SIGNED_IN);
  expect(login.service.requests).not.toContain('/login-client-telemetry.js');
  await login.renewContext({});
  login.service.config = { ...(login.service.config as object), telemetry: true };
  await login.open();
  await login.status(SIGNED_IN);
  expect(login.service.requests).toContain('/login-client-telemetry.js');
  // The SDK requests this before it starts telemetry.
  expect(login.twilio.requestsTo('/api/v1/Session')).toHaveLength(1);
});

it('loads TaskRouter when a worker is first requested, and connects it', async () => {
  const connected = new Promise<string>((resolve) => {
    void login.context.routeWebSocket(/^wss:/, (socket) => resolve(socket.url()));
  });
  await login.open();
  await login.status(SIGNED_IN);
  expect(login.service.requests).not.toContain('/login-taskrouter.js');
  await login.page.evaluate('void flexAuth.client.getWorker()');
  expect(new URL(await connected).hostname).toMatch(/\.twilio\.com$/);
  expect(login.service.requests.filter((path) => path === '/login-taskrouter.js')).toHaveLength(1);
});

it('connects no worker of a client that was destroyed while TaskRouter was loading', async () => {
  await login.open();
  await login.status(SIGNED_IN);
  const outcome = await login.page.evaluate(`(() => {
    const worker = flexAuth.client.getWorker();
    flexAuth.signOut();
    return worker.then(() => 'a worker', (error) => error.message);
  })()`);
  expect(outcome).toBe('The client was destroyed while TaskRouter was loading');
});

it('sends one Tokens/Info request for the page and the client together', async () => {
  await login.open();
  await login.status(SIGNED_IN);
  expect(login.twilio.requests.filter(({ path }) => path.endsWith('/Tokens/Info'))).toHaveLength(1);
});

async function expireStoredSession(changes: object = {}, tab = login.page): Promise<void> {
  await tab.evaluate(`
    const session = JSON.parse(sessionStorage['flex-auth:session']);
    const changes = { expiresAt: '2020-01-01T00:00:00Z', ...${JSON.stringify(changes)} };
    sessionStorage['flex-auth:session'] = JSON.stringify({ ...session, ...changes })`);
}

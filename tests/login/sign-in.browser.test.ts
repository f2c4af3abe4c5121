import { createHash } from 'node:crypto';
import { SIGNED_IN, useLoginPage } from './support/harness';
import { ACCOUNT_SID } from './support/service';

const login = useLoginPage();

it('leads from the bare URL through the identity provider to a live client', async () => {
  await login.open();
  await login.status(SIGNED_IN);

  expect(await login.page.evaluate('flexAuth.client.token')).toBe(login.twilio.tokens[0]);
  expect(await login.page.evaluate('flexAuth.client.roles')).toEqual(['agent', 'supervisor']);
  expect(await login.stored('flex-auth:session')).toEqual({
    accessToken: login.twilio.tokens[0],
    refreshToken: expect.stringMatching(/^refresh-/),
    expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    identity: 'ada_40example_2Ecom',
    username: 'ada@example.com',
    roles: ['agent', 'supervisor'],
    accountSid: ACCOUNT_SID,
    ssoProfileSid: 'JBactive',
  });
  expect(await login.page.getByRole('alert').textContent()).toBe('');
  await login.page.getByText('agent, supervisor').waitFor();
});

it('uses the first active connection with real PKCE, and comes back to its own URL', async () => {
  await login.open('?utm=1');
  await login.status(SIGNED_IN);

  const authorize = new URL(login.twilio.requestsTo('/v1/Flex/Authorize')[0]?.url ?? '');
  const exchange = JSON.parse(login.twilio.requestsTo('/v1/Flex/OAuth/Tokens')[0]?.body ?? '');
  expect(authorize.searchParams.get('ssoProfileSid')).toBe('JBactive');
  expect(decodeURIComponent(authorize.searchParams.get('redirectUrl') ?? '')).toBe(
    `${login.service.origin}/login.html`,
  );
  expect(createHash('sha256').update(exchange.code_verifier).digest('base64url')).toBe(
    authorize.searchParams.get('codeChallenge'),
  );
  expect(exchange).toMatchObject({ nonce: authorize.searchParams.get('nonce'), grant_type: 'AuthorizationCode' });
});

it('removes the code from the address bar and deletes the pending login before it exchanges the code', async () => {
  login.twilio.trouble['/v1/Flex/OAuth/Tokens'] = 'hang';
  const exchange = login.page.waitForRequest(/OAuth\/Tokens/);
  await login.open();
  await exchange;
  expect(login.page.url()).toBe(`${login.service.origin}/login.html`);
  expect(await login.stored('flex-auth:login')).toBeNull();
  await login.status('Finishing your sign-in');
});

it('leaves no token and no code in a URL, in localStorage, in a cookie or in the log, even at level debug', async () => {
  login.service.config = { account_sid: ACCOUNT_SID, telemetry: false, log_level: 'debug' };
  await login.open();
  await login.status(SIGNED_IN);
  const kept = await login.page.evaluate<string>('JSON.stringify(localStorage) + document.cookie + location.href');
  const addresses = login.twilio.requests.map(({ url }) => url).join();
  expect(login.log.join()).toContain('[token]');
  for (const secret of [login.twilio.tokens[0] ?? '', 'refresh-', 'code-']) {
    expect(kept + addresses + login.log.join()).not.toContain(secret);
  }
});

it('stays signed in over a reload, without another redirect', async () => {
  await login.open();
  await login.status(SIGNED_IN);
  await login.page.reload();
  await login.status(SIGNED_IN);
  expect(login.twilio.requestsTo('/v1/Flex/Authorize')).toHaveLength(1);
  expect(await login.page.evaluate('flexAuth.client.token')).toBe(login.twilio.tokens[0]);
});

it('waits for the button after a sign-out, over reloads too, and signs in again when it is pressed', async () => {
  await login.open();
  await login.status(SIGNED_IN);
  await login.button('Sign out').click();
  await login.status('You are signed out');
  expect(await login.stored('flex-auth:session')).toBeNull();
  expect(await login.page.evaluate('typeof flexAuth')).toBe('undefined');
  await login.page.reload();
  await login.status('You are signed out');
  expect(login.twilio.requestsTo('/v1/Flex/Authorize')).toHaveLength(1);
  await login.button('Sign in with SSO').click();
  await login.status(SIGNED_IN);
});

it('opens the path of return_to at once after a fresh sign-in, and offers Continue afterwards', async () => {
  await login.open('?return_to=/app%3Ftab%3D1%23top');
  await login.page.waitForURL(`${login.service.origin}/app?tab=1#top`);
  await login.open('?return_to=/app');
  await login.status(SIGNED_IN);
  await login.button('Continue').click();
  await login.page.waitForURL(`${login.service.origin}/app`);
});

it('offers no Continue without a return_to', async () => {
  await login.open();
  await login.status(SIGNED_IN);
  expect(await login.button('Continue').count()).toBe(0);
});

it('signs in two tabs at the same time, each with its own session', async () => {
  const other = await login.context.newPage();
  await Promise.all([login.open(), other.goto(`${login.service.origin}/login.html`)]);
  await login.status(SIGNED_IN);
  await other.getByRole('status').filter({ hasText: SIGNED_IN }).waitFor();
  const tokens = await Promise.all([login.page, other].map((tab) => tab.evaluate('flexAuth.session.accessToken')));
  expect(new Set(tokens).size).toBe(2);
});

it('lets the back button of the identity provider lead past the page, to where the person came from', async () => {
  await login.page.goto(`${login.service.origin}/start`);
  await login.context.route(/Flex\/Authorize/, (route) => route.fulfill({ body: 'Who are you?' }));
  await login.open();
  await login.page.waitForURL(/Flex\/Authorize/);
  await login.page.goBack();
  expect(login.page.url()).toBe(`${login.service.origin}/start`);
});

it.each(['at the bare URL, in the same tab', 'at the bare URL, in another tab', 'by the button', 'after a reload'])(
  'uses the connection that Twilio names at this visit, not the one of an earlier visit: %s',
  async (visit) => {
    await login.open();
    await login.status(SIGNED_IN);
    expect(await login.page.evaluate('Object.keys(localStorage).filter((key) => /^flex-auth:/.test(key))')).toEqual([]);
    login.twilio.configList = [{ ...login.twilio.configList[1], connection_name: 'JBnew', client_id: 'new' }];
    const { comeBack } = login.twilio;
    const profileAtRedirect = new Promise<string | null>((done) => {
      login.twilio.comeBack = (authorize) => {
        done(authorize.searchParams.get('ssoProfileSid'));
        return comeBack(authorize);
      };
    });
    let { page } = login;
    if (visit === 'by the button') {
      await login.button('Sign out').click();
      await login.button('Sign in with SSO').click();
    } else if (visit === 'at the bare URL, in another tab') {
      page = await login.context.newPage();
      await page.goto(`${login.service.origin}/login.html`);
    } else {
      await login.page.evaluate('sessionStorage.clear()');
      await (visit === 'after a reload' ? login.page.reload() : login.open());
    }
    expect(await profileAtRedirect).toBe('JBnew');
    // Not closed on its way back: on a busy machine, that can hang.
    await page.getByRole('status').filter({ hasText: SIGNED_IN }).waitFor();
  },
);

it('dispatches an event when it has signed in', async () => {
  await login.page.addInitScript(
    'addEventListener("flex-auth:signed-in", () => { globalThis.told = !!flexAuth.client })',
  );
  await login.open();
  await login.status(SIGNED_IN);
  expect(await login.page.evaluate('told')).toBe(true);
});

it('sends requests to the region and the edge of the settings', async () => {
  login.service.config = {
    account_sid: ACCOUNT_SID,
    region: 'ie1',
    edge: 'dublin',
    telemetry: false,
    log_level: 'error',
  };
  await login.open();
  await login.status(SIGNED_IN);
  const hosts = new Set(login.twilio.requests.map(({ url }) => new URL(url).host));
  expect(hosts).toEqual(new Set(['services.ie1.twilio.com', 'flex-api.dublin.ie1.twilio.com']));
});

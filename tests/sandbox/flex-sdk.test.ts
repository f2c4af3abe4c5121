import type * as FlexSdk from '@twilio/flex-sdk';
import type { RecordedRequest } from '../../sandbox/env';
import { interceptTwilio } from '../../sandbox/interception';
import { type Sandbox, startSandbox } from '../../sandbox/server';
import { openAuthorize, press } from './sign-in';
import { requestSandbox } from './support';

const PAGE = 'http://localhost:3000/login.html';
const MINUTE_MS = 60_000;
/** Twilio's error, as the SDK passes it on. */
const REFUSED = { code: 45003 };

let nowMs = Date.now();
let sdk: typeof FlexSdk;
let sandbox: Sandbox;
let undo: () => void;
beforeAll(async () => {
  // The SDK is made for browsers and reads its environment from the window.
  Object.assign(globalThis, { window: globalThis });
  sdk = await import('@twilio/flex-sdk');
  sandbox = await startSandbox({ trustedRedirectUrls: [PAGE], now: () => nowMs });
  undo = interceptTwilio(sandbox.origin);
});
beforeEach(() => {
  sandbox.reset();
  nowMs = Date.now();
});
afterAll(async () => {
  undo();
  await sandbox.close();
});

async function loginDetails(redirectUrl = PAGE) {
  const { configList } = await sdk.getAuthenticationConfig({ accountSid: sandbox.accountSid });
  const [configuration] = configList.filter(({ active }) => active);
  if (configuration === undefined) throw new Error('There is no active configuration');
  const { clientId, ssoProfileSid } = configuration;
  return { ssoProfileSid, ...sdk.getLoginDetails({ clientId, ssoProfileSid, redirectUrl }) };
}

/** All that `exchangeToken` wants after a person has pressed their button. */
async function comeBack(user: string) {
  const { ssoProfileSid, codeVerifier, nonce, state, loginUrl } = await loginDetails();
  const { location } = await press(sandbox, loginUrl, user);
  expect(location?.searchParams.get('state')).toBe(state);
  return { ssoProfileSid, codeVerifier, nonce, code: location?.searchParams.get('code') ?? '' };
}

async function signIn(user = 'agent@example.com') {
  const answer = await comeBack(user);
  return { ssoProfileSid: answer.ssoProfileSid, ...(await sdk.exchangeToken(answer)) };
}

// Always with a session, because the options of one client leak into the next one on the page.
const createClient = (token: string, session: FlexSdk.SessionOptions = { autoUpdateToken: false }, telemetry = false) =>
  sdk.createClient(token, { session, telemetryOptions: { disabled: !telemetry }, logger: { level: 'silent' } });

/** A request without values: method, URL, names of the fields in query and body, media type and form of the credentials. */
function outlineOf({ method, host, path, headers, body, json }: RecordedRequest): string {
  const { pathname, searchParams } = new URL(path, `https://${host}`);
  const fields = Object.keys(json ?? Object.fromEntries(new URLSearchParams(body)));
  const { 'content-type': type, authorization } = headers;
  const url = `${host}${pathname.replace(sandbox.accountSid, 'AC')}`;
  const names = [...searchParams.keys(), ...fields].sort().join(' ');
  return [method, url, names, type, authorization?.replace(/ .*?(?=\)?$)/, ' …')].filter(Boolean).join(' | ');
}

describe('the real Flex SDK', () => {
  it('sends the requests that the sandbox knows, with these fields and headers', async () => {
    const { accessToken, refreshToken, ssoProfileSid } = await signIn();
    await sdk.refreshToken({ refreshToken, ssoProfileSid });
    await sdk.validateToken(sandbox.accountSid, accessToken);
    const client = await createClient(accessToken);
    client.destroy();
    const isOfBrowser = ({ path }: RecordedRequest) => /^\/(v1\/Flex\/Authorize|idp)/.test(path);
    const tokensInfo =
      'POST | flex-api.twilio.com/v1/Accounts/AC/Tokens/Info | Token | application/x-www-form-urlencoded | Basic …)';
    expect(sandbox.requests.filter((request) => !isOfBrowser(request)).map(outlineOf)).toEqual([
      'GET | services.twilio.com/v1/Flex/Authentication/Config | AccountSid AppType FlexInstanceSid RuntimeDomain SSOProfileSid | application/json',
      'POST | services.twilio.com/v1/Flex/OAuth/Tokens | code code_verifier grant_type nonce sso_profile_sid | application/json',
      'POST | services.twilio.com/v1/Flex/OAuth/Tokens | grant_type refresh_token sso_profile_sid | application/json',
      tokensInfo,
      // The `)` after the credentials is what the SDK sends.
      'GET | flex-api.twilio.com/v1/Configuration | UiVersion | application/json | Basic …)',
      tokensInfo,
    ]);
  });

  it('builds a login URL with these fields, and what the response is checked with', async () => {
    const { loginUrl, ...details } = await loginDetails();
    const { origin, pathname, searchParams } = new URL(loginUrl);
    expect(`${origin}${pathname}`).toBe('https://services.twilio.com/v1/Flex/Authorize');
    expect([...searchParams.keys()].sort()).toEqual([
      'codeChallenge',
      'nonce',
      'redirectUrl',
      'ssoProfileSid',
      'state',
    ]);
    expect(Object.keys(details).sort()).toEqual(['codeChallenge', 'codeVerifier', 'nonce', 'ssoProfileSid', 'state']);
  });

  it('signs a person in, creates the client, and renews the session', async () => {
    const { supervisor } = sandbox.users;
    const { ssoProfileSid, accessToken, refreshToken } = await signIn(supervisor.username);
    const client = await createClient(accessToken);
    expect([client.token, client.roles]).toEqual([accessToken, ['supervisor']]);
    expect(await sdk.validateToken(sandbox.accountSid, accessToken)).toMatchObject({
      identity: 'supervisor_40example_2Ecom',
      realmUserId: supervisor.username,
      workerSid: supervisor.worker_sid,
      accountSid: sandbox.accountSid,
      flexInstanceSid: sandbox.instanceSid,
    });

    const renewed = await sdk.refreshToken({ refreshToken, ssoProfileSid });
    expect(renewed.accessToken).not.toBe(accessToken);
    expect(renewed.refreshToken).not.toBe(refreshToken);
    client.updateToken(renewed.accessToken);
    expect(client.token).toBe(renewed.accessToken);
    client.destroy();
    const next = await createClient(renewed.accessToken);
    expect(next.roles).toEqual(['supervisor']);
    next.destroy();
  });

  it('gets tokens that Tokens/validate accepts', async () => {
    const { accessToken, tokenInfo } = await signIn('admin@example.com');
    expect(accessToken).toMatch(/^[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+$/);
    const validate = `iam.twilio.com/v1/Accounts/${sandbox.accountSid}/Tokens/validate`;
    const { body } = await requestSandbox(sandbox, 'POST', validate, { body: { token: accessToken } });
    expect(body).toMatchObject({ valid: true, realm_user_id: 'admin@example.com', roles: ['admin'] });
    expect(tokenInfo).toMatchObject({ flex_user_sid: body.flex_user_sid, username: 'admin@example.com' });
  });

  it('gets an error if the person refuses to sign in', async () => {
    const { loginUrl, state } = await loginDetails();
    const { status, location } = await press(sandbox, loginUrl, 'Refuse');
    expect(status).toBe(303);
    expect(`${location?.origin}${location?.pathname}`).toBe(PAGE);
    expect(Object.fromEntries(location?.searchParams ?? [])).toEqual({
      error: 'access_denied',
      state,
    });
  });

  it('ends on an error page if the redirect URL is not trusted', async () => {
    const { loginUrl } = await loginDetails('https://elsewhere.example.com/login.html');
    const { status, location, html } = await openAuthorize(sandbox, loginUrl);
    expect([status, location]).toEqual([400, undefined]);
    expect(html).toContain('https://elsewhere.example.com/login.html is not among the trusted URLs');
  });

  it.each([
    ['another code verifier', { codeVerifier: 'x'.repeat(64) }],
    ['another nonce', { nonce: 'x' }],
    ['another profile', { ssoProfileSid: `JQ${'0'.repeat(32)}` }],
    ['another code', { code: 'x' }],
  ])('is refused tokens for %s', async (_, changes) => {
    const answer = await comeBack('agent@example.com');
    await expect(sdk.exchangeToken({ ...answer, ...changes })).rejects.toMatchObject(REFUSED);
  });

  it('is refused tokens for a code that was used before, successfully or not', async () => {
    const first = await comeBack('agent@example.com');
    await sdk.exchangeToken(first);
    await expect(sdk.exchangeToken(first)).rejects.toMatchObject(REFUSED);
    const second = await comeBack('agent@example.com');
    await expect(sdk.exchangeToken({ ...second, nonce: 'x' })).rejects.toMatchObject(REFUSED);
    await expect(sdk.exchangeToken(second)).rejects.toMatchObject(REFUSED);
  });

  it('is refused tokens for a code that is a minute old', async () => {
    const answer = await comeBack('agent@example.com');
    nowMs += MINUTE_MS;
    await expect(sdk.exchangeToken(answer)).rejects.toMatchObject({ ...REFUSED, details: 'The code has expired' });
  });

  it('is refused tokens for a user who was deactivated in between', async () => {
    const answer = await comeBack('agent@example.com');
    const { ssoProfileSid, refreshToken } = await signIn();
    const deprovision = `flex-api.twilio.com/v4/Instances/${sandbox.instanceSid}/Users/Deprovision`;
    await requestSandbox(sandbox, 'POST', deprovision, { body: { flex_user_sid: sandbox.users.agent.flexUserSid } });
    await expect(sdk.exchangeToken(answer)).rejects.toMatchObject(REFUSED);
    await expect(sdk.refreshToken({ ssoProfileSid, refreshToken })).rejects.toMatchObject(REFUSED);
  });

  it('learns from the list of configurations that single sign-on is inactive or not set up', async () => {
    const { ssoProfileSid, refreshToken } = await signIn();
    const { loginUrl } = await loginDetails();
    sandbox.signIn.configure({ active: false });
    const { accountSid } = sandbox;
    expect(await sdk.getAuthenticationConfig({ accountSid })).toMatchObject({ configList: [{ active: false }] });
    expect(await openAuthorize(sandbox, loginUrl)).toMatchObject({ status: 400, location: undefined });
    await expect(sdk.refreshToken({ ssoProfileSid, refreshToken })).rejects.toMatchObject(REFUSED);
    sandbox.signIn.configure({ listed: false });
    expect(await sdk.getAuthenticationConfig({ accountSid })).toEqual({ configList: [] });
    const unknown = `AC${'0'.repeat(32)}`;
    sandbox.reset();
    expect(await sdk.getAuthenticationConfig({ accountSid: unknown })).toEqual({ configList: [] });
  });
});

describe('renewal by the Flex SDK', () => {
  it('is refused for an old refresh token, which also ends the session for the newer one', async () => {
    const { ssoProfileSid, refreshToken } = await signIn();
    const other = await signIn();
    const renewed = await sdk.refreshToken({ ssoProfileSid, refreshToken });
    await expect(sdk.refreshToken({ ssoProfileSid, refreshToken })).rejects.toMatchObject(REFUSED);
    await expect(sdk.refreshToken({ ssoProfileSid, refreshToken: renewed.refreshToken })).rejects.toMatchObject(
      REFUSED,
    );
    await sdk.refreshToken({ ssoProfileSid, refreshToken: other.refreshToken });
  });

  it.each([
    ['another profile', () => ({ ssoProfileSid: `JQ${'0'.repeat(32)}` })],
    ['a token that was never issued', () => ({ refreshToken: 'x' })],
  ])('is refused for %s', async (_, changes) => {
    const { ssoProfileSid, refreshToken } = await signIn();
    await expect(sdk.refreshToken({ ssoProfileSid, refreshToken, ...changes() })).rejects.toMatchObject(REFUSED);
  });

  it('extends a session up to its maximum lifetime, and is refused afterwards', async () => {
    sandbox.signIn.configure({ accessTokenSeconds: 3600, sessionSeconds: 5400 });
    const startedAtMs = Math.floor(nowMs / 1000) * 1000;
    let session = await signIn();
    const renewAfter = async (minutes: number) => {
      nowMs = startedAtMs + minutes * MINUTE_MS;
      session = { ...session, ...(await sdk.refreshToken(session)) };
      const { dateExpired } = await sdk.validateToken(sandbox.accountSid, session.accessToken);
      return (new Date(dateExpired).getTime() - startedAtMs) / MINUTE_MS;
    };
    expect(await renewAfter(20)).toBe(80);
    expect(await renewAfter(50)).toBe(90);
    expect(await renewAfter(80)).toBe(90);
    await expect(renewAfter(90)).rejects.toMatchObject({ ...REFUSED, details: expect.stringContaining('maximum') });
    await expect(createClient(session.accessToken)).rejects.toMatchObject({ code: 48920 });
  });

  it('makes a client that renews itself emit tokenMaxLifetimeReached', async () => {
    jest.useFakeTimers({
      doNotFake: ['Date', 'setTimeout', 'setImmediate', 'queueMicrotask', 'nextTick', 'performance'],
    });
    try {
      sandbox.signIn.configure({ accessTokenSeconds: 60, sessionSeconds: 60 });
      const { accessToken, refreshToken, ssoProfileSid } = await signIn();
      const client = await createClient(accessToken, {
        autoUpdateToken: true,
        isConsoleLogin: false,
        refreshToken,
        ssoProfileSid,
      });
      // With a minute left, it has already renewed once.
      expect(client.token).not.toBe(accessToken);
      const reached = new Promise<Date>((resolve) => client.once('tokenMaxLifetimeReached', resolve));
      jest.advanceTimersByTime(15_000);
      expect((await reached).getTime()).toBe((Math.floor(nowMs / 1000) + 60) * 1000);
      client.destroy();
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('a fault that the Flex SDK meets', () => {
  it('is over at the second attempt after a 503', async () => {
    sandbox.fault({ host: 'services', path: /Config/, status: 503, times: 1 });
    await loginDetails();
    expect(sandbox.requestsTo('services')).toHaveLength(2);
  });

  it.each([
    ['a server error', { status: 501 }, 48927],
    ['Twilio’s words for a refusal', { status: 403, body: { code: 45003, message: 'No', status: 403 } }, 45003],
  ])('can be %s', async (_, fault, code) => {
    const answer = await comeBack('agent@example.com');
    sandbox.fault({ host: 'services', method: 'POST', path: /OAuth/, times: 1, ...fault });
    await expect(sdk.exchangeToken(answer)).rejects.toMatchObject({ code });
    await sdk.exchangeToken(answer);
  });

  it('prevents a client from being created with an expired token', async () => {
    const token = await sandbox.tokenFor('agent', { ttlSeconds: 0 });
    await expect(createClient(token)).rejects.toMatchObject({ code: 48920 });
  });
});

it('finds no telemetry among the account’s features, so that nothing leaves this machine', async () => {
  const { accessToken } = await signIn();
  const client = await createClient(accessToken, { autoUpdateToken: false }, true);
  expect(sandbox.requestsTo('flex')).toMatchObject([
    { host: 'flex.twilio.com', path: '/api/v1/Session', headers: { 'x-flex-jwe': accessToken } },
  ]);
  client.destroy();
});

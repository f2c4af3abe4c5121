import { type Sandbox, startSandbox } from '../../sandbox/server';
import { CODE_VERIFIER, loginUrlFor, openAuthorize, press } from './sign-in';
import { requestSandbox } from './support';

const PAGE = 'http://localhost:3000/login.html';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ trustedRedirectUrls: [PAGE] });
});
beforeEach(() => sandbox.reset());
afterAll(() => sandbox.close());

const usersPath = () => `flex-api.twilio.com/v4/Instances/${sandbox.instanceSid}/Users`;
const provision = (user: object) =>
  requestSandbox(sandbox, 'POST', `${usersPath()}/Provision`, {
    body: { username: 'x', email: 'x@example.com', full_name: 'X', roles: ['agent'], worker: {}, ...user },
  });

const loginUrl = (changes: Readonly<Record<string, string>> = {}, host?: string) =>
  loginUrlFor(sandbox, { redirectUrl: PAGE, ...changes }, host);

describe('Authentication/Config', () => {
  const config = (query: string) =>
    requestSandbox(sandbox, 'GET', `services.twilio.com/v1/Flex/Authentication/Config?${query}`, { headers: {} });

  it('lists the one configuration of the account without credentials', async () => {
    const { accountSid, instanceSid, ssoProfileSid, clientId } = sandbox;
    expect(await config(`AccountSid=${accountSid}`)).toMatchObject({
      status: 200,
      body: {
        config_list: [
          {
            account_sid: accountSid,
            instance_sid: instanceSid,
            connection_name: ssoProfileSid,
            client_id: clientId,
            active: true,
            app_type: 'SinglePageApp',
          },
        ],
      },
    });
    expect(ssoProfileSid).toMatch(/^JQ[0-9a-f]{32}$/);
  });

  it('also finds it by instance and by profile', async () => {
    for (const query of [`FlexInstanceSid=${sandbox.instanceSid}`, `SSOProfileSid=${sandbox.ssoProfileSid}`]) {
      expect((await config(`AccountSid=&${query}`)).body.config_list).toHaveLength(1);
    }
  });

  it.each([
    ['another account', () => `AccountSid=AC${'0'.repeat(32)}`],
    ['another instance', () => `AccountSid=${sandbox.accountSid}&FlexInstanceSid=GO${'0'.repeat(32)}`],
    ['another profile', () => `AccountSid=${sandbox.accountSid}&SSOProfileSid=x`],
    ['a runtime domain', () => `RuntimeDomain=x-1234.twil.io`],
    ['an app on a phone', () => `AccountSid=${sandbox.accountSid}&AppType=MobileApp`],
  ])('is an empty list, not a 404, for %s', async (_, query) => {
    expect(await config(query())).toMatchObject({ status: 200, body: { config_list: [] } });
  });

  it('is a 400 without any parameter', async () => {
    expect(await config('AccountSid=')).toMatchObject({ status: 400, body: { code: 45004, status: 400 } });
  });
});

describe('Authorize', () => {
  it('shows the sign-in form of the sandbox, without scripts, in no frame and no cache', async () => {
    const { status, html, headers } = await openAuthorize(sandbox, loginUrl());
    expect(status).toBe(200);
    expect(html).toContain('This is the sandbox’s identity provider');
    expect(html).not.toMatch(/<script/i);
    expect(headers.get('content-type')).toMatch(/^text\/html/);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('access-control-allow-origin')).toBeNull();
    const policy = headers.get('content-security-policy');
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self' http:\/\/localhost:3000;/,
    );
    expect(policy).toContain("frame-ancestors 'none'");
  });

  it('offers all current users, including provisioned and excluding deactivated ones', async () => {
    await provision({ username: 'new@example.com', full_name: 'Nell New', roles: ['agent', 'supervisor'] });
    const { flexUserSid } = sandbox.users.agent;
    await requestSandbox(sandbox, 'POST', `${usersPath()}/Deprovision`, { body: { flex_user_sid: flexUserSid } });
    const { html } = await openAuthorize(sandbox, loginUrl());
    for (const text of ['supervisor@example.com', 'admin@example.com', 'Nell New', 'agent, supervisor']) {
      expect(html).toContain(text);
    }
    expect(html).not.toContain('agent@example.com<');
  });

  it('escapes the names of users', async () => {
    await provision({ username: '"><script>alert(1)</script>', full_name: '<img src=x onerror=alert(1)>' });
    const { html } = await openAuthorize(sandbox, loginUrl());
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(html).not.toMatch(/<(script|img)/);
  });

  it('escapes the values that it refuses', async () => {
    const { status, html } = await openAuthorize(sandbox, loginUrl({ redirectUrl: '"><script>alert(1)</script>' }));
    expect(status).toBe(400);
    expect(html).toContain('&lt;script&gt;');
    expect(html).not.toContain('<script');
  });

  it.each([
    ['another origin', 'http://localhost:3001/login.html'],
    ['another scheme', 'https://localhost:3000/login.html'],
    ['another path', 'http://localhost:3000/login.html/x'],
    ['another case of the path', 'http://localhost:3000/Login.html'],
    ['a user name', 'http://x@localhost:3000/login.html'],
    ['a fragment', `${PAGE}#x`],
    ['a script', 'javascript:alert(1)'],
    ['no URL', 'login.html'],
  ])('refuses %s as a redirect URL on an error page, and does not redirect the browser', async (_, redirectUrl) => {
    const { status, location, html } = await openAuthorize(sandbox, loginUrl({ redirectUrl }));
    expect([status, location]).toEqual([400, undefined]);
    expect(html).toContain('not among the trusted URLs');
    expect(html).not.toContain('<form');
  });

  it('keeps the query of a trusted URL', async () => {
    const { location } = await press(sandbox, loginUrl({ redirectUrl: `${PAGE}?a=b%20c` }), 'Example Agent');
    expect(Object.fromEntries(location?.searchParams ?? [])).toEqual({
      a: 'b c',
      code: expect.any(String),
      state: 's',
    });
  });

  it('trusts added pages permanently, and configured ones until a reset', async () => {
    const statusFor = async (redirectUrl: string) => (await openAuthorize(sandbox, loginUrl({ redirectUrl }))).status;
    const [added, forNow] = ['https://app.example.com/login.html', 'https://test.example.com/'];
    sandbox.signIn.trust(added);
    sandbox.signIn.configure({ trustedRedirectUrls: [forNow] });
    expect([await statusFor(PAGE), await statusFor(added), await statusFor(forNow)]).toEqual([400, 400, 200]);
    sandbox.reset();
    expect([await statusFor(PAGE), await statusFor(added), await statusFor(forNow)]).toEqual([200, 200, 400]);
    expect(() => sandbox.signIn.trust('login.html')).toThrow('Invalid URL');
  });

  it.each([
    ['an unknown profile', { ssoProfileSid: `JQ${'0'.repeat(32)}` }, 'no active sign-in profile'],
    ['no nonce', { nonce: '' }, 'nonce is required'],
    ['no state', { state: '' }, 'state is required'],
    ['a malformed code challenge', { codeChallenge: 'x' }, 'codeChallenge'],
    ['a sign-in through the Twilio Console', { isConsoleLogin: 'true' }, 'Console'],
  ])('refuses %s', async (_, changes, reason) => {
    const { status, html } = await openAuthorize(sandbox, loginUrl(changes));
    expect(status).toBe(400);
    expect(html).toContain(reason);
  });

  it('works in every region', async () => {
    const { location } = await press(sandbox, loginUrl({}, 'services.au1.twilio.com'), 'Example Agent');
    expect(location?.searchParams.get('code')).toMatch(/^[\w-]{43}$/);
  });
});

describe('the redirect of the identity provider', () => {
  const answer = (action: string, body: Record<string, string>) =>
    fetch(`${sandbox.origin}/services.twilio.com/idp/${action}`, {
      method: 'POST',
      body: new URLSearchParams(body),
      redirect: 'manual',
    });
  const open = async () => /\/idp\/([\w-]+)/.exec((await openAuthorize(sandbox, loginUrl())).html)?.[1] ?? '';

  it('happens once; a second attempt is told that the sign-in is over', async () => {
    const id = await open();
    const user = sandbox.users.agent.flexUserSid;
    expect((await answer(id, { user })).status).toBe(303);
    const again = await answer(id, { user });
    expect([again.status, again.headers.get('location')]).toEqual([400, null]);
    expect(await again.text()).toContain('This sign-in is over');
  });

  it('denies access to an unknown user and to a deactivated one', async () => {
    const { flexUserSid } = sandbox.users.supervisor;
    await requestSandbox(sandbox, 'POST', `${usersPath()}/Deprovision`, { body: { flex_user_sid: flexUserSid } });
    for (const user of [`FU${'0'.repeat(32)}`, flexUserSid]) {
      const location = (await answer(await open(), { user })).headers.get('location');
      expect(new URL(location ?? '').searchParams.get('error')).toBe('access_denied');
    }
  });
});

describe('OAuth/Tokens', () => {
  const tokens = (body: unknown) =>
    requestSandbox(sandbox, 'POST', 'services.twilio.com/v1/Flex/OAuth/Tokens', { body, headers: {} });
  const exchange = async (changes: object = {}) => {
    const { location } = await press(sandbox, loginUrl(), 'Example Agent');
    return tokens({
      sso_profile_sid: sandbox.ssoProfileSid,
      code: location?.searchParams.get('code'),
      code_verifier: CODE_VERIFIER,
      nonce: 'n',
      grant_type: 'AuthorizationCode',
      ...changes,
    });
  };

  it('returns the fields that the SDK reads, with no-store', async () => {
    const { status, headers, body } = await exchange();
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toEqual({
      access_token: expect.stringMatching(/^ey/),
      refresh_token: expect.stringMatching(/^[\w-]{43}$/),
      token_info: expect.objectContaining({ username: 'agent@example.com', account_sid: sandbox.accountSid }),
    });
  });

  it('issues access tokens with the configured lifetime', async () => {
    sandbox.signIn.configure({ accessTokenSeconds: 120 });
    const { body } = await exchange();
    const leftMs = Date.parse(body.token_info.expiration) - Date.now();
    expect(leftMs).toBeGreaterThan(100_000);
    expect(leftMs).toBeLessThanOrEqual(120_000);
  });

  it.each([
    ['without a profile', { sso_profile_sid: undefined }],
    ['without a code', { code: undefined }],
    ['with a number for a code', { code: 7 }],
    ['without a code verifier', { code_verifier: '' }],
    ['without a nonce', { nonce: undefined }],
    ['without a grant type', { grant_type: undefined }],
    ['with a grant type of another spelling', { grant_type: 'authorization_code' }],
    ['with a grant type for which there is no refresh token', { grant_type: 'RefreshToken' }],
    ['of a sign-in through the Twilio Console', { is_console_login: true }],
  ])('refuses a body %s', async (_, changes) => {
    expect(await exchange(changes)).toMatchObject({ status: 400, body: { code: 45004, status: 400 } });
  });

  it.each(['', 'x=y', '[]', 'null', '"x"'])('refuses %j as a body', async (body) => {
    expect(await tokens(body)).toMatchObject({ status: 400, body: { code: 45004 } });
  });

  it('forgets all sessions on reset', async () => {
    const { body } = await exchange();
    sandbox.reset();
    const { ssoProfileSid: sso_profile_sid } = sandbox;
    expect(
      await tokens({ sso_profile_sid, refresh_token: body.refresh_token, grant_type: 'RefreshToken' }),
    ).toMatchObject({ status: 403, body: { code: 45003, more_info: expect.stringContaining('45003') } });
  });
});

describe('what browsers may read', () => {
  const preflight = (path: string, headers: string) =>
    fetch(`${sandbox.origin}/${path}`, {
      method: 'OPTIONS',
      headers: {
        Origin: 'http://localhost:3000',
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': headers,
      },
    });

  it.each([
    ['services.twilio.com/v1/Flex/Authentication/Config', 'content-type'],
    ['services.twilio.com/v1/Flex/OAuth/Tokens', 'content-type'],
    ['flex-api.twilio.com/v1/Configuration', 'authorization,content-type'],
    ['flex.twilio.com/api/v1/Session', 'content-type,x-flex-jwe'],
  ])('is %s, from any origin and with the headers of the SDK (%s)', async (path, headers) => {
    const { status, headers: allowed } = await preflight(path, headers);
    expect(status).toBe(204);
    expect(allowed.get('access-control-allow-origin')).toBe('*');
    expect(allowed.get('access-control-allow-headers')).toBe(headers);
    expect(sandbox.requests).toEqual([]);
  });

  it('includes errors, injected or not', async () => {
    const origins = async () => {
      const { status, headers } = await requestSandbox(sandbox, 'POST', 'services.twilio.com/v1/Flex/OAuth/Tokens', {
        headers: {},
      });
      return [status, headers.get('access-control-allow-origin')];
    };
    expect(await origins()).toEqual([400, '*']);
    sandbox.fault({ host: 'services', status: 503 });
    expect(await origins()).toEqual([503, '*']);
  });

  it('excludes the page of the identity provider', async () => {
    const response = await preflight('services.twilio.com/v1/Flex/Authorize', 'content-type');
    expect(response.headers.has('access-control-allow-origin')).toBe(false);
  });
});

describe('flex.twilio.com', () => {
  it('returns the features for a live Flex token only', async () => {
    const features = (token: string) =>
      requestSandbox(sandbox, 'GET', 'flex.twilio.com/api/v1/Session', { headers: { 'X-Flex-JWE': token } });
    expect(await features(await sandbox.tokenFor('agent'))).toMatchObject({ status: 200, body: { features: [] } });
    expect(await features('x')).toMatchObject({ status: 401, body: { code: 20003 } });
  });
});

it('follows the given clock', async () => {
  let nowMs = Date.parse('2030-01-01T00:00:00Z');
  const other = await startSandbox({ now: () => nowMs });
  const token = await other.tokenFor('agent', { ttlSeconds: 60 });
  const validate = () =>
    requestSandbox(other, 'POST', `iam.twilio.com/v1/Accounts/${other.accountSid}/Tokens/validate`, {
      body: { token },
    });
  expect((await validate()).body).toMatchObject({ valid: true, expiration: '2030-01-01T00:01:00.000Z' });
  nowMs += 60_000;
  expect((await validate()).body).toMatchObject({ valid: false, code: 20104 });
  await other.close();
});

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort } from '../../local/ports';
import { type Service, startService } from '../../local/running-service';
import type { ExaminationSubject } from '../../scripts/doctor/examination';
import { examine } from '../../scripts/doctor/examine';
import { authorizeUrl } from '../../scripts/doctor/sign-on';
import type { ApiError } from '../../src/errors';
import { readSettings } from '../../src/settings/settings';

const LISTED = 'https://app.example.com';
const UNLISTED = 'https://crm.example.com';
const WITHOUT_TLS = 'http://intranet.example.com';

let service: Service;
beforeAll(async () => {
  service = await startService({ ALLOWED_ORIGINS: `${LISTED},${WITHOUT_TLS}` });
});
beforeEach(() => service.sandbox.reset());
afterAll(() => service.close());

interface ExaminationOutput {
  readonly isWell: boolean;
  readonly output: string;
  /** The lines with this state, without it. */
  readonly lines: (state: string) => readonly string[];
}

interface Circumstances extends Partial<ExaminationSubject> {
  readonly now?: () => number;
  readonly limitMs?: number;
}

async function examination({
  now = Date.now,
  limitMs = 10_000,
  ...subject
}: Circumstances = {}): Promise<ExaminationOutput> {
  const toSandbox: typeof fetch = (url, init) =>
    fetch(String(url).replace(/^https:\/\/(?=[a-z0-9.-]+\.twilio\.com\/)/, `${service.sandbox.origin}/`), init);
  const printed: string[] = [];
  const isWell = await examine(
    { fetch: toSandbox, now, limitMs },
    { service: service.origin, origins: [], variables: {}, ...subject },
    (line) => printed.push(line),
  );
  const lines = (state: string) =>
    printed.filter((line) => line.startsWith(state.padEnd(13))).map((line) => line.slice(13));
  return { isWell, output: printed.join('\n'), lines };
}

/** The only line that failed. */
async function failure(circumstances?: Circumstances): Promise<string | undefined> {
  const { isWell, lines } = await examination(circumstances);
  expect(isWell).toBe(false);
  expect(lines('failed')).toHaveLength(1);
  return lines('failed')[0];
}

const credentials = () => ({ ACCOUNT_SID: service.sandbox.accountSid, AUTH_TOKEN: service.sandbox.authToken });

describe('a service that is set up', () => {
  it('a service that is set up passes each check', async () => {
    const { isWell, lines, output } = await examination({ variables: credentials(), origins: [LISTED] });
    expect(lines('failed')).toEqual([]);
    expect(lines('not checked')).toEqual([]);
    expect(isWell).toBe(true);
    expect(lines('ok')).toEqual([
      expect.stringMatching(`^/config: it responds for account ${service.sandbox.accountSid}`),
      expect.stringMatching('^/login.html: the page and its script'),
      expect.stringMatching('^Clock: this machine is'),
      expect.stringMatching('^Functions: they respond'),
      expect.stringMatching('^Service credentials: they work'),
      expect.stringMatching(`^Account: .* The Flex instance is ${service.sandbox.instanceSid}`),
      expect.stringMatching(`^Single sign-on: .*${service.sandbox.ssoProfileSid}`),
      expect.stringMatching(`^Redirect URL: ${service.origin}/login.html looks trusted`),
      expect.stringMatching(`^Origins: pages of ${LISTED} can read responses`),
      expect.stringMatching('^Other origins'),
    ]);
    expect(output).toMatch(/\nNothing failed\.$/);
  });

  it('doctor changes neither the service nor anything at Twilio', async () => {
    const { agent, supervisor, admin } = service.sandbox.users;
    const users = () => [agent, supervisor, admin].map(({ username }) => service.sandbox.user(username));
    const before = users();
    await examination({ variables: credentials() });
    const asked = service.sandbox.requests.map(({ service, method, path }) => `${method} ${service}${path}`);
    expect(asked.filter((request) => !request.startsWith('GET '))).toEqual([
      `POST iam/v1/Accounts/${service.sandbox.accountSid}/Tokens/validate`,
    ]);
    expect(asked.filter((request) => /\/v4\/|OAuth/.test(request))).toEqual([]);
    expect(users()).toEqual(before);
  });

  it('doctor accepts an API key in .env', async () => {
    const { accountSid, apiKeySid, apiKeySecret } = service.sandbox;
    const variables = { ACCOUNT_SID: accountSid, API_KEY: apiKeySid, API_SECRET: apiKeySecret };
    expect((await examination({ variables })).isWell).toBe(true);
  });

  it('doctor reads the account in the region and at the edge of .env', async () => {
    await examination({ variables: { ...credentials(), TWILIO_REGION: 'ie1', TWILIO_EDGE: 'dublin' } });
    expect(service.sandbox.requestsTo('flex-api').map(({ host }) => host)).toEqual(['flex-api.dublin.ie1.twilio.com']);
  });
});

describe('what is not checked', () => {
  it('without credentials in .env, the account is not checked, and the line says what to set', async () => {
    const { isWell, lines } = await examination();
    expect(isWell).toBe(true);
    expect(lines('not checked')).toEqual([expect.stringMatching(/ACCOUNT_SID and AUTH_TOKEN/)]);
    expect(service.sandbox.requestsTo('flex-api')).toEqual([]);
  });

  it('single sign-on is not checked while Twilio fails', async () => {
    service.sandbox.fault({ host: 'services', path: /Config/, status: 503 });
    const { lines } = await examination({ variables: credentials() });
    expect(lines('not checked')).toEqual([
      expect.stringMatching(/^Single sign-on: Twilio returned 503/),
      expect.stringMatching(/^Redirect URL/),
    ]);
  });
});

describe('what is missing at Twilio', () => {
  it('doctor finds an account without a single sign-on connection', async () => {
    service.sandbox.signIn.configure({ listed: false });
    expect(await failure()).toMatch(/^Single sign-on: the account has no connection.*single-sign-on$/);
  });

  it('doctor finds an account without an active single sign-on connection', async () => {
    service.sandbox.signIn.configure({ active: false });
    expect(await failure()).toMatch(/^Single sign-on: .*no active one\. Activate one/);
  });

  it('doctor finds a page that Twilio does not trust', async () => {
    service.sandbox.signIn.configure({ trustedRedirectUrls: [] });
    expect(await failure()).toMatch(
      new RegExp(`^Redirect URL: Twilio refuses ${service.origin}/login.html \\(.*not among.*Trusted URLs`),
    );
  });

  it('doctor finds a page that Twilio does not trust, if Twilio says so by a redirect', async () => {
    const headers = { Location: 'https://flex.twilio.com/?error=invalid_request&error_description=Bad+redirect+URL' };
    service.sandbox.fault({ path: /Authorize/, status: 302, body: '', headers });
    expect(await failure()).toMatch(
      /^Redirect URL: Twilio refuses .*“invalid_request: Bad redirect URL”.*Trusted URLs/,
    );
  });

  it.each([
    ['another reason', { status: 400, body: { code: 45003, message: 'Something else' } }],
    ['an error', { status: 500 }],
    [
      'the same for a page that is certainly not trusted',
      { status: 302, body: '', headers: { Location: 'https://idp.example.com/' } },
    ],
  ])('doctor cannot tell whether Twilio trusts a page if Twilio returns %s', async (_, fault) => {
    service.sandbox.fault({ path: /Authorize/, ...fault });
    const { isWell, lines } = await examination({ variables: credentials() });
    expect(isWell).toBe(true);
    expect(lines('not checked')).toEqual([expect.stringMatching(/^Redirect URL: could not tell/)]);
  });

  it('doctor finds credentials of the service that Twilio rejects', async () => {
    service.sandbox.fault({ host: 'iam', status: 401 });
    expect(await failure()).toMatch(/^Service credentials: 502 upstream_error .*API_KEY and API_SECRET/);
  });

  it('doctor finds a service that cannot reach Twilio', async () => {
    service.sandbox.fault({ host: 'iam', status: 500 });
    expect(await failure()).toMatch(/^Service credentials: 502 upstream_error .*Retry/);
  });
});

describe('what is wrong in .env', () => {
  it('doctor finds credentials in .env that Twilio rejects', async () => {
    expect(await failure({ variables: { ...credentials(), AUTH_TOKEN: 'wrong' } })).toMatch(
      /^Account: Twilio rejects the credentials in \.env \(401, code 20003\)\. Check AUTH_TOKEN/,
    );
  });

  it('doctor finds incomplete credentials in .env', async () => {
    expect(await failure({ variables: { ACCOUNT_SID: service.sandbox.accountSid } })).toMatch(
      /^Account: \.env: .*AUTH_TOKEN is missing/,
    );
  });

  it('doctor finds another account in .env than that of the service', async () => {
    const other = `AC${'0'.repeat(32)}`;
    service.sandbox.fault({
      path: /Configuration/,
      body: { account_sid: other, flex_instance_sid: `GO${'1'.repeat(32)}` },
    });
    expect(await failure({ variables: { ...credentials(), ACCOUNT_SID: other } })).toMatch(
      new RegExp(`^Account: \\.env names account ${other}, but the service runs in ${service.sandbox.accountSid}`),
    );
  });

  it('doctor finds an API key of another account than ACCOUNT_SID', async () => {
    const { apiKeySid, apiKeySecret } = service.sandbox;
    const variables = { ACCOUNT_SID: `AC${'0'.repeat(32)}`, API_KEY: apiKeySid, API_SECRET: apiKeySecret };
    expect(await failure({ variables })).toMatch(/^Account: the credentials in \.env belong to another account/);
  });

  it('doctor finds another Flex instance in .env than that of the account', async () => {
    const variables = { ...credentials(), FLEX_INSTANCE_SID: `GO${'0'.repeat(32)}` };
    expect(await failure({ variables })).toMatch(
      new RegExp(`^Account: FLEX_INSTANCE_SID in \\.env is GO0+, but .* ${service.sandbox.instanceSid}`),
    );
  });
});

describe('origins', () => {
  it('an origin that is not listed fails, and the line says where to list it', async () => {
    expect(await failure({ origins: [UNLISTED] })).toMatch(
      new RegExp(`^Origins: pages of ${UNLISTED} cannot .*Add it to ALLOWED_ORIGINS in \\.env, then deploy`),
    );
  });

  it('an origin that is only in .env needs a deploy', async () => {
    const asked = { origins: [UNLISTED], variables: { ALLOWED_ORIGINS: UNLISTED } };
    expect(await failure(asked)).toMatch(/It is in ALLOWED_ORIGINS in \.env: deploy/);
  });

  it('an origin without TLS gets a warning, and localhost none', async () => {
    const { lines, isWell } = await examination({ origins: ['http://localhost:5173'] });
    expect(isWell).toBe(true);
    expect(lines('warning')).toEqual([expect.stringMatching(`^Origins: pages of ${WITHOUT_TLS} .*without TLS`)]);
    expect(lines('ok')).toContainEqual(expect.stringMatching('^Origins: pages of http://localhost:5173 can'));
  });

  it('the origin of the service need not be listed', async () => {
    expect((await examination({ origins: [service.origin] })).isWell).toBe(true);
  });
});

describe('the clock', () => {
  it.each([
    [120_000, /^Clock: this machine is 1(19|20|21) s ahead of the service\./],
    [-3_600_000, /^Clock: this machine is 3(599|600|601) s behind the service\./],
  ])('the check of the clock fails if it is off by %d ms', async (offMs, words) => {
    expect(await failure({ now: () => Date.now() + offMs })).toMatch(words);
  });

  it('the check of the clock passes if it is off by seconds', async () => {
    expect((await examination({ now: () => Date.now() + 30_000 })).isWell).toBe(true);
  });
});

describe('something else at the URL of the service', () => {
  let standIn: Server | undefined;
  afterEach(() => {
    standIn?.closeAllConnections();
    standIn?.close();
    standIn = undefined;
  });

  async function standInFor(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    standIn = server;
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const answering =
    (status: number, type: string, body: string, headers: Record<string, string> = {}): RequestListener =>
    (_, response) =>
      response.writeHead(status, { 'content-type': type, ...headers }).end(body);

  const misconfigured = (): string => {
    try {
      readSettings({ ...credentials(), LOG_LEVEL: 'loud', MAX_TOKEN_TTL: 'marker-value' });
      return '';
    } catch (error) {
      return JSON.stringify((error as ApiError).toBody());
    }
  };

  it.each([
    [
      'a web page',
      () => answering(200, 'text/html', '<title>x</title><h1>Welcome</h1>'),
      /200 and a web page, “Welcome”/,
    ],
    ['nothing of that name', () => answering(404, 'text/plain', 'Not found'), /404 and “text\/plain”/],
    [
      'JSON of another shape',
      () => answering(200, 'application/json', '{"account_sid":"AC1"}'),
      /JSON that this project does not return/,
    ],
    [
      'a redirect',
      () => answering(301, 'text/plain', '', { location: 'https://a.example/' }),
      /“https:\/\/a\.example\/”/,
    ],
    [
      'a setting that is missing or malformed',
      () => answering(500, 'application/json', misconfigured()),
      /LOG_LEVEL must be/,
    ],
  ])('doctor finds %s instead of /config', async (_, listener, words) => {
    const { isWell, lines, output } = await examination({ service: await standInFor(listener()) });
    expect(isWell).toBe(false);
    expect(lines('failed')[0]).toMatch(/^\/config: /);
    expect(lines('failed')[0]).toMatch(words);
    expect(output).not.toContain('marker-value');
  });

  it('a malformed setting is reported once, and not for each Function', async () => {
    const { lines } = await examination({
      service: await standInFor(answering(500, 'application/json', misconfigured())),
    });
    expect(lines('not checked').filter((line) => line.includes('as /config says'))).toHaveLength(2);
  });

  it('a service that does not respond fails each check within the time limit', async () => {
    const { lines, isWell } = await examination({ service: await standInFor(() => undefined), limitMs: 200 });
    expect(isWell).toBe(false);
    expect(lines('failed')).toHaveLength(5);
    for (const line of lines('failed')) expect(line).toMatch(/did not respond within 1 s/);
  });

  it.each([
    ['nothing', async () => `http://127.0.0.1:${await freePort()}`, /^\/config: nothing listens at .*npm run doctor/],
    [
      'a name that does not exist',
      async () => 'http://your-service.invalid',
      /^\/config: .*your-service\.invalid.*DNS/,
    ],
    ['no TLS', async () => service.origin.replace('http:', 'https:'), /^\/config: a secure connection .*TLS/],
    [
      'a connection that breaks',
      () => standInFor(({ socket }) => socket.destroy()),
      /^\/config: the connection to .* failed/,
    ],
  ])('doctor finds %s at the URL of the service', async (_, address, words) => {
    const { isWell, lines } = await examination({ service: await address() });
    expect(isWell).toBe(false);
    expect(lines('failed')[0]).toMatch(words);
  });

  it('the account of .env and its sign-on are checked even if the service does not respond', async () => {
    const service = `http://127.0.0.1:${await freePort()}`;
    const { lines } = await examination({ service, variables: credentials() });
    expect(lines('ok')).toContainEqual(expect.stringMatching('^Account: the credentials in .env work'));
    expect(lines('ok')).toContainEqual(expect.stringMatching('^Single sign-on'));
    expect(lines('failed')).toContainEqual(expect.stringMatching('^Redirect URL: Twilio refuses'));
  });

  const config = () =>
    JSON.stringify({
      account_sid: service.sandbox.accountSid,
      allowed_origins: ['*'],
      region: 'ie1',
      telemetry: false,
      log_level: 'error',
    });
  const withPage =
    (script: RequestListener): RequestListener =>
    (request, response) => {
      if (request.url === '/config') return answering(200, 'application/json', config())(request, response);
      if (request.url === '/login.html') {
        return answering(200, 'text/html', '<script type="module" src="login.js"></script>')(request, response);
      }
      return script(request, response);
    };

  it.each([
    ['is missing', answering(404, 'text/plain', ''), /its script login\.js is not: 404/],
    ['is a web page', answering(200, 'text/html', 'Hello'), /its script login\.js is not: 200 and a web page/],
    ['is of another account', answering(200, 'text/javascript', `"AC${'9'.repeat(32)}"`), /was built for account AC9+/],
  ])('doctor finds a page whose script %s', async (_, script, words) => {
    const { lines } = await examination({ service: await standInFor(withPage(script)) });
    expect(lines('failed')).toContainEqual(expect.stringMatching(words));
  });

  it('doctor checks the sign-on of the region that /config names', async () => {
    await examination({ service: await standInFor(withPage(answering(200, 'text/javascript', ''))) });
    const hosts = service.sandbox.requestsTo('services').map(({ host }) => host);
    expect(hosts).toEqual(Array(3).fill('services.ie1.twilio.com'));
  });

  it('doctor checks the sign-on of the region of .env if /config does not respond', async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    await examination({ service: nowhere, variables: { ...credentials(), TWILIO_REGION: 'au1' } });
    expect(service.sandbox.requestsTo('services')[0]?.host).toBe('services.au1.twilio.com');
  });

  it('doctor finds responses that any page can read, and a listed *', async () => {
    const open = withPage(answering(401, 'application/json', '{}', { 'access-control-allow-origin': '*' }));
    const { lines } = await examination({ service: await standInFor(open) });
    expect(lines('failed')).toContainEqual(expect.stringMatching(/^Origins: ALLOWED_ORIGINS has “\*”/));
    expect(lines('failed')).toContainEqual(expect.stringMatching(/^Other origins: any page can read/));
  });

  it('doctor prints no control characters of a service, and no long text', async () => {
    const body = JSON.stringify({ message: `\u001b[2Jclear ${'x'.repeat(1000)}`, code: 'c' });
    const { output } = await examination({ service: await standInFor(answering(500, 'application/json', body)) });
    expect(output).not.toContain('\u001b');
    expect(output).not.toContain('x'.repeat(300));
  });
});

describe('a page that says it uses a sandbox on this machine', () => {
  const sandbox = 'http://127.0.0.1:4000';

  async function askedBy(service: string): Promise<readonly { url: string; authorization: string | null }[]> {
    const asked: { url: string; authorization: string | null }[] = [];
    const remember: typeof fetch = async (url, init) => {
      asked.push({ url: String(url), authorization: new Headers(init?.headers).get('authorization') });
      const policy = `<meta content="default-src 'none'; connect-src 'self' ${sandbox} https://*.twilio.com">`;
      return new Response(`${policy}<script src="login.js"></script>`, { headers: { 'content-type': 'text/html' } });
    };
    const edges = { fetch: remember, now: Date.now, limitMs: 1000 };
    await examine(edges, { service, origins: [], variables: credentials() }, () => undefined);
    return asked;
  }

  it('a local page is believed when it names a sandbox, which gets no credentials of .env', async () => {
    const asked = await askedBy('http://localhost:3000');
    expect(asked.some(({ url }) => url.startsWith(`${sandbox}/services.twilio.com/`))).toBe(true);
    expect(asked.filter(({ authorization }) => authorization?.startsWith('Basic'))).toEqual([]);
  });

  it('a page from another machine is not believed when it names a sandbox', async () => {
    const asked = await askedBy('https://your-service.twil.io');
    expect(asked.filter(({ url }) => url.startsWith(sandbox))).toEqual([]);
    const withCredentials = asked.filter(({ authorization }) => authorization?.startsWith('Basic'));
    expect(withCredentials.map(({ url }) => url)).toEqual(['https://flex-api.twilio.com/v1/Configuration']);
  });
});

it('doctor prints no secret, even if a response repeats the request', async () => {
  const { accountSid, authToken, apiKeySid, apiKeySecret, backendKeys } = service.sandbox;
  const variables = { ACCOUNT_SID: accountSid, AUTH_TOKEN: authToken, BACKEND_KEYS: backendKeys };
  const basic = Buffer.from(`${accountSid}:${authToken}`).toString('base64');
  const good = await examination({ variables });
  service.sandbox.fault({ path: /Configuration/, status: 403, body: { code: 1, message: `${basic} ${authToken}` } });
  const refused = await examination({ variables });
  const withKey = await examination({
    variables: { ACCOUNT_SID: accountSid, API_KEY: apiKeySid, API_SECRET: apiKeySecret },
  });
  for (const { output } of [good, refused, withKey]) {
    for (const secret of [authToken, basic, apiKeySecret, backendKeys.split(':')[2] ?? '']) {
      expect(output).not.toContain(secret);
    }
  }
});

it('doctor requests a sign-in as the Flex SDK does', async () => {
  // The SDK is made for browsers: it looks for its environment on the window.
  Object.assign(globalThis, { window: globalThis });
  const { getLoginDetails } = await import('@twilio/flex-sdk');
  const connection = { clientId: 'id', ssoProfileSid: `JQ${'0'.repeat(32)}` };
  const redirectUrl = 'https://your-service.twil.io/login.html';
  const [sdks, ours] = [
    getLoginDetails({ ...connection, redirectUrl }).loginUrl,
    authorizeUrl(connection, redirectUrl, 'services.twilio.com'),
  ].map((url) => new URL(url));
  expect(ours?.origin).toBe(sdks?.origin);
  expect(ours?.pathname).toBe(sdks?.pathname);
  const fields = (url?: URL) => Object.fromEntries(url?.searchParams ?? []);
  const random = { nonce: expect.any(String), codeChallenge: expect.stringMatching(/^[\w-]{43}$/) };
  expect(fields(ours)).toEqual({ ...fields(sdks), ...random });
});

import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, resolve } from 'node:path';
import { type Sandbox, startSandbox } from '../../sandbox/server';
import { type DeployableCheckout, makeDeployableCheckout } from './support/deploy';
import { requiresOf, sourcesOf } from './support/modules';
import { type Platform, startPlatform } from './support/platform';
import type { DeployedService } from './support/serverless-api';

const ROOT = resolve(__dirname, '../..');
const SETTINGS = {
  ALLOWED_ORIGINS: 'https://app.example.com,https://crm.example.com:8443',
  LOG_LEVEL: 'warn',
  TELEMETRY: 'true',
};

const SID = (prefix: string) => expect.stringMatching(new RegExp(`^${prefix}[0-9a-f]{32}$`));

let sandbox: Sandbox;
let checkout: DeployableCheckout;
let service: DeployedService;
let deploy: Awaited<ReturnType<DeployableCheckout['npm']>>;

beforeAll(async () => {
  sandbox = await startSandbox();
  const { accountSid, authToken, apiKeySid, apiKeySecret } = sandbox;
  const settings = { ...SETTINGS, BACKEND_KEYS: sandbox.backendKeys, API_KEY: apiKeySid, API_SECRET: apiKeySecret };
  const empty = 'FLEX_INSTANCE_SID=\nMAX_TOKEN_TTL=\nTWILIO_REGION=\nTWILIO_EDGE=\n';
  const lines = Object.entries({ ACCOUNT_SID: accountSid, AUTH_TOKEN: authToken, ...settings });
  checkout = await makeDeployableCheckout(
    { accountSid, authToken },
    `${lines.map(([name, value]) => `${name}=${value}\n`).join('')}${empty}`,
  );
  deploy = await checkout.npm('run', 'deploy');
  const [deployed] = checkout.api.deployed();
  if (deploy.code !== 0 || deployed === undefined) throw new Error(`Nothing was deployed:\n${deploy.output}`);
  service = deployed;
});
afterAll(async () => {
  await checkout?.close();
  await sandbox?.close();
});

describe('npm run deploy', () => {
  it('calls only the Serverless API, and prints the URL of the service', () => {
    const hosts = new Set(checkout.api.requests.map((request) => request.split(/[ /]/)[1]));
    expect([...hosts].sort()).toEqual(['serverless-upload.twilio.com', 'serverless.twilio.com']);
    expect(deploy.output).toContain(`https://${service.domainName}/mint`);
    expect(deploy.output).toContain(`https://${service.domainName}/login.html`);
  });

  it('makes exactly the five Functions, each public, at its path', () => {
    const places = service.functions.map(({ path, visibility }) => `${visibility} ${path}`);
    // A second list on purpose: no Function becomes public unnoticed.
    const paths = ['/config', '/deprovision', '/lookup', '/mint', '/provision'];
    expect(places.sort()).toEqual(paths.map((path) => `public ${path}`));
  });

  it('uploads every built asset, those of the page among them, public and at the root', () => {
    const built = readdirSync(join(checkout.folder, 'dist/assets'), { recursive: true }).map(
      (file) => `public /${file}`,
    );
    const places = service.assets.map(({ path, visibility }) => `${visibility} ${path}`);
    expect(places.sort()).toEqual(built.sort());
    const page = [
      'login.html',
      'login.css',
      'login.js',
      'login-client.js',
      'login-client-telemetry.js',
      'login-taskrouter.js',
      'login-icon.svg',
    ];
    expect(places).toEqual(expect.arrayContaining(page.map((file) => `public /${file}`)));
  });

  it.each([
    ['html', /^text\/html$/],
    ['css', /^text\/css$/],
    ['js', /^(text|application)\/javascript$/],
    ['svg', /^image\/svg\+xml$/],
  ])('uploads each .%s as what it is, or a browser would not take it', (extension, type) => {
    const assets = service.assets.filter(({ path }) => path.endsWith(`.${extension}`));
    expect(assets).not.toEqual([]);
    for (const { path, contentType } of assets)
      expect([path, contentType]).toEqual([path, expect.stringMatching(type)]);
  });

  it('uploads what the build has written, byte for byte', () => {
    const files = [
      ...service.functions.map(({ path, content }) => [`functions${path}.js`, content] as const),
      ...service.assets.map(({ path, content }) => [`assets${path}`, content] as const),
    ];
    for (const [file, content] of files) {
      expect([file, content === readFileSync(join(checkout.folder, 'dist', file), 'utf8')]).toEqual([file, true]);
    }
  });

  it('requests the Node version of .twilioserverlessrc, and injected credentials', () => {
    expect(service.runtime).toBe('node22');
    expect(service.includeCredentials).toBe(true);
  });

  it('has the platform install the runtime and nothing else, in the one version that it accepts', () => {
    expect(service.dependencies).toEqual({ '@twilio/runtime-handler': '2.0.3' });
  });

  it('sets what .env sets, but for the credentials that the platform injects, and what is empty', () => {
    const { apiKeySid, apiKeySecret, backendKeys } = sandbox;
    const keys = { API_KEY: apiKeySid, API_SECRET: apiKeySecret, BACKEND_KEYS: backendKeys };
    expect(service.variables).toEqual({ ...SETTINGS, ...keys });
  });
});

describe('an uploaded file', () => {
  const files = () => [...service.functions, ...service.assets];
  const filesWith = (pattern: string | RegExp, among = files()) =>
    among.filter(({ content }) => content.search(pattern) >= 0).map(({ path }) => path);

  it('contains, in Functions, no require of a relative path or of an undeclared package', async () => {
    for (const { path, content } of service.functions) {
      const required = await requiresOf(content);
      const unknown = required.filter((name) => !isBuiltin(name) && !(name in service.dependencies));
      expect([path, unknown]).toEqual([path, []]);
    }
  });

  it('holds no credential of the account, and of a backend key not even the hash', () => {
    const hash = sandbox.backendKeys.split(':')[2];
    const secrets = [sandbox.authToken, sandbox.apiKeySid, sandbox.apiKeySecret, sandbox.backendKey, hash];
    for (const secret of secrets) expect(filesWith(secret ?? '')).toEqual([]);
    // The page may know the account's SID in advance: it is not secret. A Function reads it from its context.
    expect(filesWith(sandbox.accountSid)).toEqual(['/login.js']);
  });

  it('names no path of the machine that built it, and no source', () => {
    for (const path of [checkout.folder, ROOT, 'sourceMappingURL', /\bsrc\/[a-z]+\//, /\/(?:home|Users|root)\//]) {
      expect([path, filesWith(path)]).toEqual([path, []]);
    }
    expect(filesWith('node_modules', [...service.functions])).toEqual([]);
  });

  it('has nothing of the sandbox, and is made of src and of packages alone', async () => {
    expect(filesWith(/sandbox|mswjs|127\.0\.0\.1:\d/i)).toEqual([]);
    const sources = await sourcesOf(checkout.folder);
    expect(sources).toEqual(
      expect.arrayContaining(['src/functions/mint.ts', 'src/auth/policy.ts', 'src/login/page.ts']),
    );
    expect(sources.filter((file) => !file.startsWith('src/'))).toEqual([]);
  });
});

describe('a deployed Function, alone in its folder', () => {
  let platform: Platform;

  beforeAll(async () => {
    platform = await startPlatform(service, sandbox);
  });
  afterAll(() => platform?.close());
  beforeEach(() => sandbox.reset());

  const USER = { username: 'user1', email: 'test@example.com', full_name: 'Foo Bar', roles: ['agent'] };

  it('finds the declared dependencies there, and no other package', async () => {
    const probe = (name: string) => platform.run(`console.log(require.resolve(${JSON.stringify(name)}))`);
    expect(await probe('@twilio/runtime-handler/dev')).toMatch(/runtime-handler/);
    for (const name of ['axios', 'twilio', 'valibot', './mint']) {
      await expect(probe(name)).rejects.toThrow('Cannot find module');
    }
  });

  it('provisions, looks up, mints and deprovisions for a backend key that its variables list', async () => {
    const bearer = sandbox.backendKey;
    const { username } = USER;
    const provisioned = await platform.call('/provision', { bearer, fields: USER });
    expect(provisioned).toMatchObject({ status: 201, body: { username, worker: { worker_sid: SID('WK') } } });
    const found = await platform.call('/lookup', { bearer, fields: { username } });
    expect(found).toMatchObject({ status: 200, body: { username, flex_user_sid: provisioned.body.flex_user_sid } });
    const minted = await platform.call('/mint', { bearer, fields: { username, ttl: '600' } });
    expect(minted).toMatchObject({ status: 201, body: { token_info: { username, roles: ['agent'] } } });
    expect(minted.headers).toMatchObject({ 'Cache-Control': 'no-store' });
    const own = await platform.call('/lookup', { bearer: minted.body.access_token });
    expect(own).toMatchObject({ status: 200, body: { username } });
    const deprovisioned = await platform.call('/deprovision', { bearer, fields: { username } });
    expect(deprovisioned).toMatchObject({ status: 204 });
    expect(sandbox.user(username)?.deactivated).toBe(true);
    expect(await platform.call('/mint', { bearer, fields: { username } })).toMatchObject({ status: 409 });
  });

  it('returns from /config the account and the deployed settings, and nothing secret', async () => {
    expect(await platform.call('/config')).toMatchObject({ status: 200 });
    expect((await platform.call('/config')).body).toEqual({
      account_sid: sandbox.accountSid,
      allowed_origins: SETTINGS.ALLOWED_ORIGINS.split(','),
      telemetry: true,
      log_level: 'warn',
    });
  });

  it('refuses a caller without a credential, or with a key that is not listed, and says which credentials it accepts', async () => {
    for (const path of ['/provision', '/lookup', '/mint', '/deprovision']) {
      const stranger = await platform.call(path, { fields: USER });
      expect([path, stranger]).toMatchObject([path, { status: 401, body: { code: 'missing_credentials' } }]);
      expect(stranger.headers).toMatchObject({ 'WWW-Authenticate': 'Bearer' });
    }
    const unknown = await platform.call('/mint', { bearer: 'fbk_sandbox.wrong', fields: USER });
    expect(unknown).toMatchObject({ status: 401, body: { code: 'invalid_key' } });
    expect(sandbox.requests).toEqual([]);
  });

  it('lets only pages of the listed origins read its responses, not even those of localhost', async () => {
    const headersFor = async (origin: string) => (await platform.call('/config', { headers: { origin } })).headers;
    const named = 'Access-Control-Allow-Origin';
    expect(await headersFor('https://app.example.com')).toMatchObject({ [named]: 'https://app.example.com' });
    for (const origin of ['http://localhost:3000', 'https://app.example.org']) {
      expect(await headersFor(origin)).not.toHaveProperty([named]);
    }
  });
});

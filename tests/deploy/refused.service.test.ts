import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toEnvText } from '../../local/env-text';
import { type DeployableCheckout, makeDeployableCheckout } from './support/deploy';

const ACCOUNT = { accountSid: `AC${'1'.repeat(32)}`, authToken: '2'.repeat(32) };
const LINES = { ACCOUNT_SID: ACCOUNT.accountSid, AUTH_TOKEN: ACCOUNT.authToken, LOG_LEVEL: 'warn' };

let checkout: DeployableCheckout;

const setEnv = (more: Record<string, string> = {}) =>
  writeFileSync(join(checkout.folder, '.env'), toEnvText({ ...LINES, ...more }));
/** As a build with these settings writes them. */
const setBuiltEnv = (more: Record<string, string> = {}) => {
  mkdirSync(join(checkout.folder, 'dist'), { recursive: true });
  writeFileSync(join(checkout.folder, 'dist/env'), toEnvText({ ...LINES, ...more }));
};

/** What `npm run deploy` does after the build, which takes longer than all the rest. */
const deployWhatIsBuilt = (...parameters: string[]) =>
  checkout.npm('exec', '--', 'twilio-run', 'deploy', ...parameters);

const variables = () => checkout.api.deployed()[0]?.variables;

beforeAll(async () => {
  checkout = await makeDeployableCheckout(ACCOUNT, toEnvText(LINES));
});
afterAll(() => checkout?.close());

it('npm run deploy ends with a code and a sentence if the credentials are refused, and creates nothing', async () => {
  setEnv({ AUTH_TOKEN: 'wrong' });
  const { code, output } = await checkout.npm('run', 'deploy');
  expect(code).toBe(1);
  expect(output).toMatch(/Failed API Request 20003[\s│]+Authenticate/);
  expect(output).not.toMatch(/^\s+at /m);
  expect(checkout.api.requests.filter((request) => request.includes('Environments'))).toEqual([]);
});

it.each([
  ['--username', `AC${'9'.repeat(32)}`],
  ['-u', `AC${'9'.repeat(32)}`],
  [`--username=AC${'9'.repeat(32)}`],
  ['--username', `SK${'9'.repeat(32)}`, '--password', 'secret'],
])('does not deploy a build to another account: %s', async (...options) => {
  setBuiltEnv();
  const before = checkout.api.requests.length;
  const { code, output } = await checkout.npm('exec', '--', 'tsx', 'scripts/deploy.ts', ...options);
  expect([code, output]).toEqual([
    1,
    expect.stringMatching(`^The build is for account ${ACCOUNT.accountSid}, but --username names `),
  ]);
  expect(output).not.toContain('secret');
  expect(checkout.api.requests.slice(before)).toEqual([]);
});

it('does not deploy a build with the settings of another file', async () => {
  const { code, output } = await checkout.npm('exec', '--', 'tsx', 'scripts/deploy.ts', '--env', 'other.env');
  expect([code, output]).toEqual([1, expect.stringContaining('The build reads only .env')]);
});

describe('what is built', () => {
  beforeAll(() => setBuiltEnv());

  it('is not deployed without credentials: says which lines of .env are missing', async () => {
    writeFileSync(join(checkout.folder, 'dist/env'), '');
    const { code, output } = await deployWhatIsBuilt();
    expect([code, output]).toEqual([1, expect.stringContaining('Please enter ACCOUNT_SID and AUTH_TOKEN')]);
    setBuiltEnv();
  });

  it('is not deployed with a version of the runtime that the platform does not take', async () => {
    const file = join(checkout.folder, 'package.json');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('"@twilio/runtime-handler": "2.0.3"', '"@twilio/runtime-handler": "2.1.0"'));
    const { code, output } = await deployWhatIsBuilt();
    writeFileSync(file, text);
    expect([code, output]).toEqual([1, expect.stringMatching(/20001[\s│]+@twilio\/runtime-handler 2\.1\.0/)]);
    expect(checkout.api.deployed()).toEqual([]);
  });

  it('is not deployed if the platform fails to build it', async () => {
    checkout.api.failNextBuild();
    const { code, output } = await deployWhatIsBuilt('--override-existing-project');
    expect([code, output]).toEqual([1, expect.stringContaining('Failed Deployment')]);
    expect(checkout.api.deployed()).toEqual([]);
  });

  it('is deployed into the same service again, with what has changed', async () => {
    rmSync(join(checkout.folder, '.twiliodeployinfo'), { force: true });
    expect(await deployWhatIsBuilt('--override-existing-project')).toMatchObject({ code: 0 });
    setBuiltEnv({ LOG_LEVEL: 'error' });
    expect(await deployWhatIsBuilt()).toMatchObject({ code: 0 });
    expect(checkout.api.deployed()).toMatchObject([
      { uniqueName: 'flex-sdk-sign-in', variables: { LOG_LEVEL: 'error' } },
    ]);
    const made = checkout.api.requests.filter((request) => /^POST .*(Services|Functions|Assets)$/.test(request));
    expect(new Set(made).size).toBe(3);
  });

  it('is not deployed over a service that this folder knows nothing of, unless told to', async () => {
    rmSync(join(checkout.folder, '.twiliodeployinfo'));
    const { code, output } = await deployWhatIsBuilt();
    expect([code, output]).toEqual([1, expect.stringContaining('--override-existing-project')]);
    expect(await deployWhatIsBuilt('--override-existing-project')).toMatchObject({ code: 0 });
    expect(checkout.api.deployed()).toHaveLength(1);
  });

  it('is not deployed with a value that is longer than the platform takes', async () => {
    setBuiltEnv({ ALLOWED_ORIGINS: Array(20).fill('https://app.example.com').join(',') });
    const { code, output } = await deployWhatIsBuilt();
    setBuiltEnv();
    expect([code, output]).toEqual([1, expect.stringMatching(/20001[\s│]+Value of ALLOWED_ORIGINS/)]);
  });

  it('leaves at Twilio what .env no longer sets, until it is unset there by name', async () => {
    setBuiltEnv({ BACKEND_KEYS: 'server:mint:0' });
    await deployWhatIsBuilt();
    setBuiltEnv({ BACKEND_KEYS: '' });
    await deployWhatIsBuilt();
    expect(variables()).toEqual({ LOG_LEVEL: 'warn', BACKEND_KEYS: 'server:mint:0' });
    const unset = await checkout.npm('exec', '--', 'twilio-run', 'env', 'unset', '--key', 'BACKEND_KEYS');
    expect(unset.code).toBe(0);
    expect(variables()).toEqual({ LOG_LEVEL: 'warn' });
  });
});

it.each([
  ['has not been built', () => rmSync(join(checkout.folder, 'dist'), { recursive: true })],
  [
    'was built for the sandbox alone',
    () => {
      mkdirSync(join(checkout.folder, 'dist/functions'), { recursive: true });
      mkdirSync(join(checkout.folder, 'dist/assets'));
    },
  ],
])('twilio-run deploy fails and changes nothing if the project %s', async (_, prepare) => {
  prepare();
  const before = checkout.api.requests.length;
  const { code, output } = await deployWhatIsBuilt('--override-existing-project');
  expect([code, output]).toEqual([1, expect.stringMatching(/Failed to find \.env file at ".*dist.env"/)]);
  expect(checkout.api.requests.slice(before)).toEqual([]);
});

import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Checkout, makeCheckout } from '../support/checkout';

const ROOT = resolve(__dirname, '../..');
const FUNCTIONS = join(ROOT, 'dist/functions');
// A second list on purpose: a file in this folder becomes a public URL, so a new one must not pass unnoticed.
const NAMES = ['config', 'deprovision', 'lookup', 'mint', 'provision'];

const packageJson = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

it('puts the five Functions into dist/functions and nothing else: every file there becomes a public URL', () => {
  expect(readdirSync(FUNCTIONS, { recursive: true }).sort()).toEqual(NAMES.map((name) => `${name}.js`));
});

it.each(NAMES)('makes %s one file that runs alone in an empty folder', (name) => {
  const folder = mkdtempSync(join(tmpdir(), 'flex-function-'));
  try {
    copyFileSync(join(FUNCTIONS, `${name}.js`), join(folder, 'function.js'));
    const script = 'process.stdout.write(typeof require("./function.js").handler)';
    expect(execFileSync(process.execPath, ['-e', script], { cwd: folder, encoding: 'utf8' })).toBe('function');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe.each(NAMES)('the file of %s', (name) => {
  const text = readFileSync(join(FUNCTIONS, `${name}.js`), 'utf8');

  it('requires nothing but what Node has', () => {
    const required = [...text.matchAll(/require\("([^"]+)"\)/g)].map(([, module]) => module?.replace('node:', ''));
    expect(required.filter((module) => !['crypto', 'https', 'vm'].includes(module ?? ''))).toEqual([]);
  });

  it('has nothing of the sandbox, and names no path of the machine that built it', () => {
    expect(text).not.toMatch(/sandbox|127\.0\.0\.1:\d|mswjs/i);
    expect(text).not.toContain(ROOT);
  });
});

it('is served from the folders that .twilioserverlessrc names, by a Node that the platform offers', () => {
  const configuration = JSON.parse(readFileSync(join(ROOT, '.twilioserverlessrc'), 'utf8'));
  expect(configuration).toEqual({
    functionsFolder: 'dist/functions',
    assetsFolder: 'dist/assets',
    env: 'dist/env',
    runtime: 'node22',
  });
});

it('needs nothing installed in the deployed service but the runtime, in the exact version that the platform takes', () => {
  expect(packageJson.dependencies).toEqual({ '@twilio/runtime-handler': '2.0.3' });
});

describe('npm run build', () => {
  let checkout: Checkout | undefined;
  afterEach(() => checkout?.remove());

  /** Without the type check, which takes most of the time. */
  function buildWith(env: string): { folder: string; code: number | null; errors: string } {
    checkout = makeCheckout(env);
    const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'build/build.ts'], {
      cwd: checkout.folder,
      encoding: 'utf8',
    });
    return { folder: checkout.folder, code: status, errors: stderr.trimEnd() };
  }

  it('writes the settings of .env for the deploy, in the form of the Twilio tools, for the owner alone', () => {
    const { folder, code } = buildWith(
      '\uFEFFexport LOG_LEVEL="warn" # less\r\n# TELEMETRY=true\r\nAUTH_TOKEN=a#b\r\n',
    );
    expect(code).toBe(0);
    const file = join(folder, 'dist/env');
    expect(readFileSync(file, 'utf8')).toBe('LOG_LEVEL="warn"\nAUTH_TOKEN="a#b"\n');
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['a line that cannot be read', 'LOG_LEVEL=warn\nFLEX\n', /^\.env, line 2: Expected a setting .*$/],
    ['a value that is too long', `BACKEND_KEYS=${'a'.repeat(451)}`, /^\.env: BACKEND_KEYS has 451 bytes, .*$/],
    ['a value that Twilio tools lose', 'LOG_LEVEL=" warn"', /^Twilio's tools cannot read the value of LOG_LEVEL\. .*$/],
  ])('ends with one line about %s, and leaves nothing that could be deployed', (_, env, message) => {
    const { folder, code, errors } = buildWith(env);
    expect([code, errors]).toEqual([1, expect.stringMatching(message)]);
    expect(existsSync(join(folder, 'dist'))).toBe(false);
  });
});

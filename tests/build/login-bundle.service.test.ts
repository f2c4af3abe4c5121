import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { parseLoopbackOrigin } from '../../build/login-bundle';
import { ACCOUNT_SID, buildPage } from '../login/support/service';

const SANDBOX = 'http://127.0.0.1:4567';
let folder: string;
let sandboxed: string;

beforeAll(async () => {
  [folder, sandboxed] = await Promise.all([buildPage(), buildPage({ unsafeTwilioOrigin: SANDBOX })]);
});
afterAll(() => {
  for (const built of [folder, sandboxed]) rmSync(built, { recursive: true });
});

const text = (file: string, from = folder) => readFileSync(join(from, file), 'utf8');
const gzipped = (file: string) => gzipSync(readFileSync(join(folder, file))).length;
const sum = (files: string[]) => files.reduce((total, file) => total + gzipped(file), 0);

const FIRST_LOAD = ['login.html', 'login.css', 'login-icon.svg', 'login.js'];
/** The client part is loaded while the browser leaves for the identity provider. */
const BEFORE_RETURN = [...FIRST_LOAD, 'login-client.js'];

it('weighs at most 21.5 kB before the redirect, markup, style and icon included', () => {
  expect(sum(FIRST_LOAD)).toBeLessThanOrEqual(21_500);
});

it('weighs at most 110 kB for a whole sign-in, even if the browser keeps nothing of what was loaded before it left', () => {
  expect(2 * sum(BEFORE_RETURN)).toBeLessThanOrEqual(110_000);
});

it('weighs less than a quarter of a page that bundles the unmodified SDK', async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `export { createClient, exchangeToken, getAuthenticationConfig, getLoginDetails } from '@twilio/flex-sdk'`,
      resolveDir: __dirname,
    },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    logLevel: 'error',
  });
  const obvious = gzipSync(outputFiles[0]?.contents ?? new Uint8Array()).length;
  expect(sum(BEFORE_RETURN)).toBeLessThan(obvious / 4);
});

it('contains nothing of the sandbox in a build made for deploying', () => {
  const traces = /UNSAFE_TWILIO|Sandbox: no real|127\.0\.0\.1:\d/i;
  expect(readdirSync(folder).filter((file) => traces.test(text(file)))).toEqual([]);
  expect(readdirSync(sandboxed).filter((file) => traces.test(text(file, sandboxed)))).toContain('login.js');
});

it('says in a build for the sandbox that it is one, and may reach it', () => {
  expect(text('login.html', sandboxed)).toContain('Sandbox: no real Twilio account');
  expect(text('login.html', sandboxed)).toContain(`connect-src 'self' ${SANDBOX} https://*.twilio.com`);
  for (const file of ['login.js', 'login-client.js']) expect(text(file, sandboxed).includes(SANDBOX)).toBe(true);
});

it.each([
  'https://twilio.evil.example',
  'http://127.0.0.1.evil.example',
  'http://localhost:4000/',
  'http://127.0.0.1:4000/x',
  'http://user@localhost:4000',
  'localhost:4000',
  '',
  'http://0.0.0.0:4000',
  'http://192.168.0.1:4000',
])('refuses a sandbox at "%s"', async (origin) => {
  expect(() => parseLoopbackOrigin(origin)).toThrow('an origin of this machine');
  await expect(buildPage({ unsafeTwilioOrigin: origin })).rejects.toThrow('an origin of this machine');
});

it('contains the account if the build knows it, and no secret setting', async () => {
  const secrets = { AUTH_TOKEN: 'secret-1', API_SECRET: 'secret-2', BACKEND_KEYS: 'secret-3' };
  const baked = await buildPage({ env: { ACCOUNT_SID, TWILIO_REGION: 'ie1', ...secrets } });
  const all = readdirSync(baked).map((file) => text(file, baked));
  rmSync(baked, { recursive: true });
  expect(all.join().includes(ACCOUNT_SID)).toBe(true);
  expect(/secret-\d/.test(all.join())).toBe(false);
  expect(text('login.js').includes(ACCOUNT_SID)).toBe(false);
});

it.each(['login-client.js', 'login-client-telemetry.js'])('has one logger in %s, the one that hides tokens', (file) => {
  expect(text(file).split('log.setLevel() called with invalid level')).toHaveLength(2);
});

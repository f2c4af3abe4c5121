import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { LocalRun, Variables } from '../scripts/local-run';
import { readSettings } from '../src/settings';
import { type Sandbox, startSandbox } from './server';
import { welcome } from './welcome';

/**
 * Starts a sandbox for `npm start`, and prepares what sends the Functions there: a file of settings, and a script that is loaded
 * into their process. Both are in a temporary folder, so that nothing of it can be deployed.
 *
 * @param variables of the developer's own `.env`: they count, but for the account
 */
export async function prepareSandboxRun(variables: Variables, origin: string): Promise<LocalRun> {
  const sandbox = await startSandbox();
  const folder = mkdtempSync(join(tmpdir(), 'flex-sandbox-'));
  const close = async () => {
    rmSync(folder, { recursive: true, force: true });
    await sandbox.close();
  };
  try {
    const envFile = join(folder, '.env');
    writeFileSync(envFile, toEnvFile(settingsFor(sandbox, variables)), { mode: 0o600 });
    return {
      announcement: 'Using the sandbox, a local Twilio, since .env holds no credentials. Nothing leaves this machine.',
      envFile,
      nodeArguments: ['--require', await buildPreload(folder)],
      environment: { SANDBOX_ORIGIN: sandbox.origin },
      welcome: welcome(sandbox, origin),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function settingsFor(sandbox: Sandbox, { FLEX_INSTANCE_SID: _, ...variables }: Variables): Variables {
  const account = sandbox.environment();
  const keys = [account.BACKEND_KEYS, variables.BACKEND_KEYS].filter(Boolean).join(',');
  const settings = { ...variables, ...account, BACKEND_KEYS: keys };
  readSettings(settings);
  return settings;
}

const toEnvFile = (variables: Variables): string =>
  Object.entries(variables)
    .filter(([, value]) => value)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

async function buildPreload(folder: string): Promise<string> {
  const outfile = join(folder, 'preload.cjs');
  await build({
    entryPoints: [join(__dirname, 'preload.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    // twilio-run puts the class of `Twilio.Response` in the place of the global `Response`; the interception needs that of `fetch`.
    banner: { js: 'const ResponseOfFetch = globalThis.Response;' },
    define: { Response: 'ResponseOfFetch' },
    logLevel: 'warning',
  });
  return outfile;
}

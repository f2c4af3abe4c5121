import { join } from 'node:path';
import type { OpenIdProvider } from '../sandbox/openid/server';
import type { Sandbox } from '../sandbox/server';
import { readSettings } from '../src/settings/settings';
import { bundle } from './bundle';
import { hasIdentityProvider } from './own-provider';
import { WITHOUT_PROXY } from './proxy';
import { makeRunFolder } from './run-folder';
import type { LocalRun, Variables } from './twilio-run';

/**
 * Prepares what sends the Functions of a local run to a sandbox: a file of settings, and a script that is loaded into their process.
 * Both are in a temporary folder, so that nothing of it can be deployed; what else a run needs may be put beside them.
 *
 * @param variables further settings, as of the developer's own `.env`: they count, but for the account
 * @param provider trusted unless the settings have an identity provider
 */
export async function prepareSandboxRun(
  sandbox: Sandbox,
  variables: Variables,
  provider?: OpenIdProvider,
): Promise<LocalRun & { readonly folder: string }> {
  const settings = settingsFor(sandbox, variables, provider);
  const { folder, envFile, remove } = makeRunFolder(settings);
  return {
    folder,
    envFile,
    builtFolder: 'dist',
    nodeArguments: ['--require', await buildPreload(folder)],
    environment: { ...WITHOUT_PROXY, SANDBOX_ORIGIN: sandbox.origin },
    close: async () => remove(),
  };
}

function settingsFor(sandbox: Sandbox, variables: Variables, provider: OpenIdProvider | undefined): Variables {
  const account = sandbox.environment();
  const keys = [account.BACKEND_KEYS, variables.BACKEND_KEYS].filter(Boolean).join(',');
  const own = hasIdentityProvider(variables) ? {} : provider?.environment();
  const settings = { ...variables, ...account, ...own, BACKEND_KEYS: keys };
  // A mistake is reported even if the sandbox overrides the setting.
  readSettings(settings);
  return { ...settings, FLEX_INSTANCE_SID: undefined };
}

async function buildPreload(folder: string): Promise<string> {
  const outfile = join(folder, 'preload.cjs');
  await bundle({
    entryPoints: [join(__dirname, 'sandbox-preload.ts')],
    outfile,
    platform: 'node',
    target: 'node20',
    // twilio-run puts the class of `Twilio.Response` in the place of the global `Response`; the interception needs that of `fetch`.
    banner: { js: 'const ResponseOfFetch = globalThis.Response;' },
    define: { Response: 'ResponseOfFetch' },
  });
  return outfile;
}

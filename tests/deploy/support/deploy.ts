import { join } from 'node:path';
import { build } from 'esbuild';
import { type Checkout, makeCheckout } from '../../support/checkout';
import { npm } from '../../support/npm';
import { type ServerlessApi, startServerlessApi } from './serverless-api';

interface DeployAccount {
  readonly accountSid: string;
  readonly authToken: string;
}

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** A checkout whose every connection to a Twilio ends at a stand-in for the Serverless API. */
export interface DeployableCheckout extends Checkout {
  readonly api: ServerlessApi;
  /** `npm <arguments>`, to its end. */
  readonly npm: (...parameters: string[]) => Promise<Ended>;
  readonly close: () => Promise<void>;
}

export async function makeDeployableCheckout(account: DeployAccount, env: string): Promise<DeployableCheckout> {
  const api = await startServerlessApi(account.accountSid, account.authToken);
  const preload = 'redirect.cjs';
  const checkout = makeCheckout(env, { UPSTREAM_PORT: String(api.port), NODE_OPTIONS: `--require ./${preload}` });
  await build({
    entryPoints: [join(__dirname, '../../../bench/redirect-preload.ts')],
    outfile: join(checkout.folder, preload),
    bundle: true,
    platform: 'node',
    logLevel: 'warning',
  });
  return {
    ...checkout,
    api,
    npm: async (...parameters) => {
      const run = npm(checkout, ...parameters);
      return { code: await run.ended, output: run.output() };
    },
    close: async () => {
      await api.close();
      checkout.remove();
    },
  };
}

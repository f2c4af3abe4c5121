import { cpSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { bundleLogin } from '../../build/login-bundle';

/** A page that signs people in, as it would be deployed. */
export interface SignInPage {
  readonly name: string;
  readonly folder: string;
  readonly path: string;
  /** The event on the window when the client is live. */
  readonly liveEvent: string;
}

/** The page of this project, built for one account, as for a deploy. */
export async function buildLoginPage(parent: string, accountSid: string): Promise<SignInPage> {
  const folder = join(parent, 'login');
  cpSync(resolve(__dirname, '../../assets'), folder, { recursive: true });
  await bundleLogin({ folder, env: { ACCOUNT_SID: accountSid } });
  return { name: 'login.html', folder, path: '/login.html', liveEvent: 'flex-auth:signed-in' };
}

/** A page that bundles the unmodified Flex SDK. */
export async function buildObviousPage(parent: string, accountSid: string): Promise<SignInPage> {
  const folder = join(parent, 'obvious');
  mkdirSync(folder);
  cpSync(join(__dirname, 'obvious.html'), join(folder, 'obvious.html'));
  await build({
    entryPoints: [join(__dirname, 'obvious.js')],
    outfile: join(folder, 'obvious.js'),
    bundle: true,
    minify: true,
    format: 'esm',
    define: { ACCOUNT_SID: JSON.stringify(accountSid) },
    logLevel: 'warning',
  });
  return { name: 'obvious bundle', folder, path: '/obvious.html', liveEvent: 'signed-in' };
}

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { Hono } from 'hono';
import { createServer, type ServerSettings } from '../../examples/server/server';

const ROOT = resolve(__dirname, '../..');
const EXAMPLES = join(ROOT, 'examples');
const UNSAFE_HOSTS = join(ROOT, 'src/login/sdk/unsafe-twilio-origin.ts');

export interface ExampleSettings {
  /** Where the service runs. */
  readonly service: string;
  /** The identity provider of `own-sign-in`. */
  readonly issuer: string;
  /** The sandbox that the service uses instead of Twilio, if any. */
  readonly sandbox?: string | undefined;
  /** Of the server, which is left out without it. */
  readonly backendKey?: string | undefined;
  readonly passwords?: ServerSettings['passwords'];
}

/** The examples as one site: `/` signs in with `login.html`, `/own-sign-in/` with your provider, `/server/` with a password. */
export function exampleSite(current: () => Promise<ExampleSettings>): Hono {
  const app = new Hono();
  let server: Hono | undefined;
  for (const [path, folder] of [
    ['/', 'app'],
    ['/own-sign-in/', 'own-sign-in'],
    ['/server/', 'server'],
  ] as const) {
    // The server has its own page.
    if (folder !== 'server') app.get(path, async (c) => c.html(pageOf(folder, await current())));
    app.get(`${path}app.js`, async (c) =>
      c.body(await scriptOf(folder, await current()), 200, { 'Content-Type': 'text/javascript' }),
    );
  }
  app.all('/server/*', async (c) => {
    const { service, backendKey, passwords = {} } = await current();
    if (!backendKey) return c.text('Set BACKEND_KEY to a key with the scope mint, then start the examples again.', 404);
    server ??= new Hono({ strict: false }).route('/server', createServer({ service, backendKey, passwords }));
    return server.fetch(c.req.raw);
  });
  return app;
}

const pageOf = (folder: string, { service, issuer }: ExampleSettings): string =>
  readFileSync(join(EXAMPLES, folder, 'index.html'), 'utf8')
    .replace('http://localhost:3000', service)
    .replace('http://127.0.0.1:3001', issuer);

/** Built for each request, so that a saved file shows after a reload. */
async function scriptOf(folder: string, { sandbox }: ExampleSettings): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(EXAMPLES, folder, 'app.ts')],
    bundle: true,
    format: 'esm',
    write: false,
    logLevel: 'warning',
    define: { global: 'globalThis', UNSAFE_TWILIO_ORIGIN: JSON.stringify(sandbox) ?? 'undefined' },
    // The Flex SDK knows Twilio’s hosts only.
    inject: sandbox === undefined ? [] : [UNSAFE_HOSTS],
  });
  return outputFiles[0]?.text ?? '';
}

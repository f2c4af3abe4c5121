import { serve } from '@hono/node-server';
import { bypassProxyForLoopback } from '../local/proxy';
import { exampleSite } from './example/site';

const PORT = 8080;
const { SERVICE: service = 'http://localhost:3000', ISSUER, BACKEND_KEY: backendKey } = process.env;

/** `npm start` serves its identity provider on the port after its own. */
const issuer = ISSUER ?? `http://127.0.0.1:${Number(new URL(service).port || 80) + 1}`;

/** The sandbox of a local service: its sign-in page allows itself to connect to it. */
async function findSandbox(): Promise<string | undefined> {
  if (new URL(service).hostname !== 'localhost') return undefined;
  const page = await fetch(`${service}/login.html`);
  return /connect-src 'self' (http:\/\/127\.0\.0\.1:\d+) https/.exec(await page.text())?.[1];
}

bypassProxyForLoopback();
const site = exampleSite(async () => ({
  service,
  issuer,
  sandbox: await findSandbox(),
  backendKey,
  passwords: { 'agent@example.com': 'example' },
}));
serve({ fetch: site.fetch, port: PORT, hostname: '127.0.0.1' }, () => {
  console.log(`Examples for the service at ${service}
  http://127.0.0.1:${PORT}/              signs in with login.html
  http://127.0.0.1:${PORT}/own-sign-in/  signs in at ${issuer}
  http://127.0.0.1:${PORT}/server/       has its own users${backendKey ? '' : ', if you set BACKEND_KEY'}`);
});

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { SandboxService } from './service';

/** An app on another origin, which signs in through `flex-auth.js`. */
export interface EngineSite {
  readonly origin: string;
  close(): Promise<void>;
}

const page = (service: string) => `<!doctype html>
<meta charset="utf-8">
<title>App</title>
<link rel="icon" href="data:,">
<p><a href="${service}/login.html">Go to the sign-in page</a></p>
<button>Sign in</button>
<p role="status">Signed out</p>
<script type="module">
  import { signIn } from './flex-auth.js';
  const status = document.querySelector('[role=status]');
  document.querySelector('button').addEventListener('click', () => {
    signIn({ service: '${service}' }).then(
      ({ username, accessToken }) => (status.textContent = 'Signed in as ' + username + (accessToken ? ', with a token' : '')),
      ({ code }) => (status.textContent = 'Refused: ' + code),
    );
  });
</script>`;

export async function startEngineSite({ origin, assets }: SandboxService): Promise<EngineSite> {
  const server = createServer((request, response) => {
    if (request.url === '/flex-auth.js') {
      response.setHeader('Content-Type', 'text/javascript');
      response.end(readFileSync(join(assets, 'flex-auth.js')));
    } else {
      response.setHeader('Content-Type', 'text/html');
      response.end(page(origin));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const ROOT = resolve(__dirname, '../../..');
const EXAMPLE = join(ROOT, 'examples/app');
const SERVED_CLIENT = join(ROOT, 'dist/assets/flex-auth.js');

/** Counts the listeners and timers that the client leaves, and keeps the outcome of a sign-in. */
const LAB = `<!doctype html><title>Lab</title><link rel="icon" href="data:,"><script type="module">
  import * as client from './flex-auth.js';
  const left = { listeners: 0, intervals: 0, timeouts: 0 };
  const count = (name, begin, end, key, isMine) => {
    const running = new Set();
    const [begins, ends] = [globalThis[begin], globalThis[end]];
    globalThis[begin] = (...given) => {
      const id = begins(...given) ?? given[1];
      if (isMine(given)) running.add(id);
      left[name] = running.size;
      return id;
    };
    globalThis[end] = (...given) => {
      ends(...given);
      running.delete(given[key]);
      left[name] = running.size;
    };
  };
  count('listeners', 'addEventListener', 'removeEventListener', 1, ([type]) => type === 'message');
  count('intervals', 'setInterval', 'clearInterval', 0, () => true);
  count('timeouts', 'setTimeout', 'clearTimeout', 0, () => true);
  const told = ({ name, code, message, reason }) => ({ name, code, message, reason });
  Object.assign(globalThis, client, {
    left,
    begin: (options) => {
      globalThis.outcome = client.signIn(options).then((session) => ({ session }), told);
    },
  });
</script>`;

/** An app on another origin: the example at `/`, and at `/lab` the client alone, as the service serves it. */
export interface Site {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** @param headers of every response, such as a policy about openers */
export async function startSite(service: string, headers: Readonly<Record<string, string>> = {}): Promise<Site> {
  const example = readFileSync(join(EXAMPLE, 'index.html'), 'utf8').replace('http://localhost:3000', service);
  const { outputFiles } = await build({
    entryPoints: [join(EXAMPLE, 'app.ts')],
    bundle: true,
    format: 'esm',
    write: false,
    logLevel: 'warning',
  });
  const files: Readonly<Record<string, readonly [type: string, content: string | Buffer]>> = {
    '/': ['text/html', example],
    '/app.js': ['text/javascript', outputFiles[0]?.text ?? ''],
    '/lab': ['text/html', LAB],
    '/flex-auth.js': ['text/javascript', readFileSync(SERVED_CLIENT)],
  };
  const server = createServer((request, response) => {
    const [type, content] = files[new URL(request.url ?? '', 'http://site').pathname] ?? ['text/plain', ''];
    response.writeHead(200, { 'Content-Type': type, ...headers }).end(content);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

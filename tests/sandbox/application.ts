import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';

/** A page for a browser whose `flexSdk` is the real one. */
export interface Application {
  /** Without its query: the redirect URL to trust. */
  url: string;
  close(): Promise<void>;
}

/** Serves an empty page at a free port of this machine. */
export async function startApplication(): Promise<Application> {
  const script = await bundleFlexSdk();
  const server = createServer((request, response) => {
    const isScript = request.url === '/flex-sdk.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
    response.end(
      isScript
        ? script
        : '<!doctype html><title>Application</title><link rel="icon" href="data:,"><script src="/flex-sdk.js"></script>',
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/login.html`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function bundleFlexSdk(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    stdin: { contents: `export * from '@twilio/flex-sdk';`, resolveDir: __dirname },
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    globalName: 'flexSdk',
    logLevel: 'error',
  });
  const [bundle] = outputFiles;
  if (bundle === undefined) throw new Error('esbuild made nothing');
  return bundle.contents;
}

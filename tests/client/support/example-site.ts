import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { type ExampleSettings, exampleSite } from '../../../scripts/example/site';

/** The examples, served as `npm run example` does. */
export async function serveExamples(settings: ExampleSettings): Promise<{ origin: string; close(): void }> {
  const { fetch } = exampleSite(async () => settings);
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false, createServer }) as Server;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

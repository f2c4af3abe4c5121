import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Tells open pages to reload, by server-sent events. */
export interface Reloader {
  readonly origin: string;
  readonly reload: () => void;
}

export async function startReloader(): Promise<Reloader> {
  const pages = new Set<ServerResponse>();
  const server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Access-Control-Allow-Origin': '*' }).flushHeaders();
    pages.add(response);
    response.once('close', () => pages.delete(response));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  server.unref();
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reload: () => {
      for (const page of pages) page.write('data: reload\n\n');
    },
  };
}

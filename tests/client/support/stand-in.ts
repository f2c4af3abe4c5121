import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A server in place of the service, for responses that the service never gives. */
export interface ServiceStandIn {
  readonly origin: string;
  /** The requests so far; the body as text. */
  readonly requests: { method: string | undefined; path: string; headers: IncomingHttpHeaders; body: string }[];
  respond: (response: ServerResponse) => void;
  readonly close: () => Promise<void>;
}

export async function startStandIn(): Promise<ServiceStandIn> {
  const standIn: ServiceStandIn = {
    origin: '',
    requests: [],
    respond: (response) => response.end(),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  const server = createServer(async (request, response) => {
    const { method, url: path = '', headers } = request;
    standIn.requests.push({ method, path, headers, body: await text(request) });
    standIn.respond(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(standIn, { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

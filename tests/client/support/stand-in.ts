import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** Something in the service's place that answers as it is told, for what the service itself never does. */
export interface StandIn {
  readonly origin: string;
  /** What it was asked: path, `Authorization`, and the body as text. */
  readonly asked: { path: string; authorization: string | undefined; body: string }[];
  answer: (response: ServerResponse) => void;
  readonly close: () => Promise<void>;
}

export async function startStandIn(): Promise<StandIn> {
  const standIn: StandIn = {
    origin: '',
    asked: [],
    answer: (response) => response.end(),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  const server = createServer(async (request, response) => {
    const { url: path = '', headers } = request;
    standIn.asked.push({ path, authorization: headers.authorization, body: await text(request) });
    standIn.answer(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(standIn, { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

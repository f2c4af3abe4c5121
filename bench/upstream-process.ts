// Started by `upstream.ts` in a separate process, so that responding does not slow down what is measured.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UPSTREAM_DELAY_MS } from './upstream';
import { replyTo } from './upstream-replies';

const server = createServer((request, response) => {
  request.resume().once('end', () => answer(request, response));
});

function answer({ method = '', url = '' }: IncomingMessage, response: ServerResponse): void {
  const { status, body } = replyTo(method, url);
  const json = body && JSON.stringify(body);
  const requestId = `RQ${'0'.repeat(32)}`;
  setTimeout(() => {
    response.writeHead(status, {
      'Twilio-Request-Id': requestId,
      ...(json !== undefined && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(json) }),
    });
    response.end(json);
  }, UPSTREAM_DELAY_MS);
}

// If idle connections were closed, opening new ones would be part of the measurement.
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit());

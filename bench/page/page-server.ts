import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};

/** What was sent to the browser, without headers. */
export interface Sent {
  readonly requests: number;
  readonly rawBytes: number;
  readonly gzippedBytes: number;
}

export interface PageServer {
  readonly origin: string;
  /** What was sent since the last call. */
  readonly takeSent: () => Sent;
  readonly close: () => Promise<void>;
}

const NOTHING: Sent = { requests: 0, rawBytes: 0, gzippedBytes: 0 };

/** Serves the files of a folder on the loopback interface, compressed beforehand. A browser revalidates those it has cached, as with twilio-run. */
export async function startPageServer(folder: string): Promise<PageServer> {
  const files = new Map(readdirSync(folder).map((name) => [`/${name}`, readFile(join(folder, name))]));
  let sent = NOTHING;
  const server = createServer(({ url = '/', headers }, response) => {
    const path = new URL(url, 'http://localhost').pathname;
    const file = files.get(path);
    if (file === undefined) {
      response.writeHead(404).end();
      return;
    }
    const { rawBytes, gzipped, tag } = file;
    const caching = { 'Cache-Control': 'public, max-age=0', ETag: tag };
    if (headers['if-none-match'] === tag) {
      sent = { ...sent, requests: sent.requests + 1 };
      response.writeHead(304, caching).end();
      return;
    }
    sent = {
      requests: sent.requests + 1,
      rawBytes: sent.rawBytes + rawBytes,
      gzippedBytes: sent.gzippedBytes + gzipped.length,
    };
    response.writeHead(200, {
      'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream',
      'Content-Encoding': 'gzip',
      'Content-Length': gzipped.length,
      ...caching,
    });
    response.end(gzipped);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    takeSent() {
      const taken = sent;
      sent = NOTHING;
      return taken;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function readFile(path: string) {
  const raw = readFileSync(path);
  const tag = `"${createHash('sha256').update(raw).digest('base64url')}"`;
  return { rawBytes: raw.length, gzipped: gzipSync(raw), tag };
}

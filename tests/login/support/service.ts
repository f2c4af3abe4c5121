import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { bundleLogin, type LoginBundleOptions } from '../../../build/login-bundle';

export const ACCOUNT_SID = `AC${'0'.repeat(31)}1`;
const ASSETS = resolve(__dirname, '../../../assets');
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};

export interface PageService {
  origin: string;
  folder: string;
  /** What `GET /config` returns; a number is a status without a proper body. With `hang`, there is no response. */
  config: Record<string, unknown> | number | 'hang';
  requests: string[];
  close(): Promise<void>;
}

/** Builds the page into a new folder. */
export async function buildPage(options: Omit<LoginBundleOptions, 'folder'> = { env: {} }): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'login-page-'));
  cpSync(ASSETS, folder, { recursive: true });
  await bundleLogin({ env: {}, ...options, folder });
  return folder;
}

/** The built page on a free port, as the service serves it. */
export async function startPageService(options?: Omit<LoginBundleOptions, 'folder'>): Promise<PageService> {
  const folder = await buildPage(options);
  const service: PageService = {
    origin: '',
    folder,
    config: defaultConfig(),
    requests: [],
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      rmSync(folder, { recursive: true });
    },
  };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    service.requests.push(pathname);
    if (pathname === '/config') {
      const { config } = service;
      if (config === 'hang') return;
      response.writeHead(typeof config === 'number' ? config : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(typeof config === 'number' ? {} : config));
      return;
    }
    try {
      const body = readFileSync(join(folder, pathname));
      response.writeHead(200, { 'content-type': TYPES[extname(pathname)] ?? 'application/octet-stream' });
      response.end(body);
    } catch {
      response.writeHead(404, { 'content-type': 'text/html' });
      response.end('<title>Another page</title>');
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  service.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return service;
}

export function defaultConfig(): Record<string, unknown> {
  return {
    account_sid: ACCOUNT_SID,
    allowed_origins: ['https://app.example.com'],
    telemetry: false,
    log_level: 'error',
  };
}

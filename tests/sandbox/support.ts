import { readFileSync } from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { Sandbox } from '../../sandbox/server';

/** Reads a sample of Twilio's responses from `sandbox/fixtures`. */
export function fixture(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path.join(__dirname, '../../sandbox/fixtures', `${name}.json`), 'utf8'));
}

/** Replaces each leaf of a JSON value by its type, to compare responses with samples. */
export function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return value === null ? null : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]));
}

export function basic(user: string, password: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

/** Calls a sandbox with its credentials, and parses the JSON of the response. */
export async function requestSandbox(
  sandbox: Sandbox,
  method: string,
  hostAndPath: string,
  {
    body,
    headers = basic(sandbox.accountSid, sandbox.authToken),
  }: { body?: unknown; headers?: Record<string, string> } = {},
) {
  const response = await fetch(`${sandbox.origin}/${hostAndPath}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const content = await response.text();
  return { status: response.status, headers: response.headers, body: content === '' ? undefined : JSON.parse(content) };
}

export interface SandboxResponse {
  status: number;
  header(name: string): string | null;
  text(): Promise<string>;
}

export type NodeCall = (
  url: string,
  init?: { signal?: AbortSignal; headers?: Record<string, string> },
) => Promise<SandboxResponse>;

const viaFetch: NodeCall = async (url, init) => {
  const response = await fetch(url, init);
  return { status: response.status, header: (name) => response.headers.get(name), text: () => response.text() };
};

const viaHttps: NodeCall = (url, init = {}) =>
  new Promise((resolve, reject) => {
    const request = https.request(url, init, (response) => {
      resolve({
        status: response.statusCode ?? 0,
        header: (name) => response.headers[name]?.toString() ?? null,
        text: () => text(response),
      });
    });
    request.on('error', reject);
    request.end();
  });

/** The two ways in which a Node program makes requests, by the names that test titles use. */
export const CALLERS: [name: string, call: NodeCall][] = [
  ['fetch', viaFetch],
  ['https.request', viaHttps],
];

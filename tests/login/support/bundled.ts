import { resolve } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import type { StandIns } from '../../../build/stand-ins/table';
import { trimSdk } from '../../../build/trim-sdk';

const FOLDER = resolve(__dirname, '../../../src/login');

export interface Answers {
  [url: string]: unknown;
}

/**
 * Bundles these lines as the page's scripts are bundled (or, without stand-ins, as they would be) and runs them in a
 * browser that consists of a window, fixed randomness, and a Twilio that responds by path.
 *
 * @returns what the lines assign to `globalThis.result`, and each request
 */
export async function runBundled(lines: string, standIns: StandIns | undefined, answers: Answers = {}) {
  const { outputFiles } = await build({
    stdin: { contents: lines, resolveDir: FOLDER },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'error',
    plugins: standIns ? [trimSdk(standIns)] : [],
  });
  const requests: unknown[] = [];
  const fetch = async (url: string, init: RequestInit) => {
    requests.push({ url, ...init, headers: Object.fromEntries(new Headers(init.headers)) });
    return new Response(JSON.stringify(answers[new URL(url).pathname] ?? {}));
  };
  let seed = 1;
  const getRandomValues = (bytes: Uint8Array) => bytes.map((_, at) => (seed = (seed * 31 + at + 7) % 251));
  const scope: Record<string, unknown> = {
    fetch,
    Headers,
    btoa,
    atob,
    setTimeout,
    clearTimeout,
    setInterval,
    clearInterval,
    console,
    TextEncoder,
    URL,
    AbortController,
    queueMicrotask,
    crypto: { getRandomValues },
    navigator: { userAgent: 'test' },
  };
  scope.window = scope.self = scope.globalThis = scope;
  runInContext(outputFiles[0]?.text ?? '', createContext(scope));
  const result: unknown = await scope.result;
  return { result: structuredCloneOfJson(result), requests };
}

/** Objects from another realm have other prototypes; their content is what counts. */
function structuredCloneOfJson(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

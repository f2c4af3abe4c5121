import { dirname, join, resolve } from 'node:path';
import type { FunctionName } from '../src/contract/functions';
import type { Handler } from '../src/http/serve';
import { SETTINGS } from './account';
import type { Operation } from './operations';

const ROOT = resolve(__dirname, '..');

export const builtFile = (name: FunctionName): string => join(ROOT, 'dist/functions', `${name}.js`);

/** Calls an operation of a built Function in this process; rejects if the response is not as expected. */
export type Invoke = (operation: Operation) => Promise<void>;

/**
 * Loads the built Functions again, as in a fresh process, without any state of earlier calls.
 *
 * @param settings the settings in `context`
 */
export function loadFunctions(settings: Readonly<Record<string, string>> = SETTINGS): Invoke {
  const runtime = dirname(require.resolve('@twilio/runtime-handler/dev'));
  Object.assign(globalThis, { Twilio: { Response: require(join(runtime, 'internal/response.js')).Response } });
  const handlers = new Map<FunctionName, Handler>();
  return async (operation) => {
    const handler = handlers.get(operation.functionName) ?? loadFresh(operation.functionName);
    handlers.set(operation.functionName, handler);
    await invoke(handler, settings, operation);
  };
}

function loadFresh(name: FunctionName): Handler {
  const file = builtFile(name);
  delete require.cache[file];
  return require(file).handler;
}

async function invoke(
  handler: Handler,
  settings: Readonly<Record<string, string>>,
  { name, bearer, fields, status }: Operation,
): Promise<void> {
  const context = { DOMAIN_NAME: 'bench-1234.twil.io', ...settings } as unknown as Parameters<Handler>[0];
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${bearer}` };
  const answer = new Promise<{ statusCode: number; body: unknown }>((resolve, reject) => {
    const callback = (error: unknown, response: unknown) =>
      error ? reject(error) : resolve(response as { statusCode: number; body: unknown });
    handler(context, { request: { headers, cookies: {} }, ...fields }, callback).catch(reject);
  });
  const { statusCode, body } = await answer;
  if (statusCode !== status)
    throw new Error(`${name} returned ${statusCode} instead of ${status}: ${JSON.stringify(body)}`);
}

/** Runs `work` without writing log lines to the terminal. Each line is still built. */
export async function withoutInfoLog<T>(work: () => Promise<T>): Promise<T> {
  const { info } = console;
  console.info = () => undefined;
  try {
    return await work();
  } finally {
    console.info = info;
  }
}

import { dirname, join } from 'node:path';
import type { Handler } from '../../src/http/serve';
import type { LogLine } from '../../src/log';
import { expectDocumented } from './documented';
import { expectDescribedRequest, expectDescribedResponse } from './openapi';

const runtime = dirname(require.resolve('@twilio/runtime-handler/dev'));
const { Response } = require(join(runtime, 'internal/response.js'));
Object.assign(globalThis, { Twilio: { Response } });

export interface FunctionResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of a body
  readonly body: any;
  readonly log: readonly LogLine[];
  readonly ms: number;
}

export interface FunctionCallOptions {
  /** A Flex token or a backend key, for the `Authorization` header. */
  readonly bearer?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  /** The fields of body and query, which the platform merges over the event. */
  readonly fields?: object;
}

/** Whether each line says how long it took, and names no reason that says nothing. */
function expectTelling({ log, ms }: FunctionResponse): void {
  for (const line of log) {
    if (line.ms !== undefined) expect(line.ms).toBeLessThanOrEqual(Math.ceil(ms));
    if (line.reason !== undefined) expect(line.reason).toMatch(/\w{4}/);
  }
}

type Fields = { readonly request?: unknown; readonly Token?: unknown };

/** Drops what the Functions do not read: `request`, which the platform sets, and `Token` beside a token in the header. */
function readFields({ request: _, ...fields }: Fields = {}, authorization: unknown) {
  const { Token, ...others } = fields;
  const isInHeader = typeof authorization === 'string' && /^Bearer\b/i.test(authorization);
  return Token !== undefined && isInHeader ? others : fields;
}

const isJson = (type: unknown) => type === 'application/json';

/** Whether the fields are as the platform parses a form: only strings, and arrays of them. */
const isForm = (type: unknown, fields: object = {}) =>
  type === 'application/x-www-form-urlencoded' &&
  Object.values(fields)
    .flat()
    .every((value) => typeof value === 'string');

/**
 * Calls a handler as the platform does, in this process.
 *
 * @throws if the callback is not called exactly once, or with an error
 */
export async function call(
  handler: Handler,
  settings: Readonly<Record<string, unknown>>,
  { bearer, headers, fields }: FunctionCallOptions = {},
): Promise<FunctionResponse> {
  const authorization = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
  const event = {
    request: { headers: { 'content-type': 'application/json', ...authorization, ...headers }, cookies: {} },
    ...fields,
  };
  const log: LogLine[] = [];
  const spies = (['info', 'warn', 'error'] as const).map((level) =>
    jest.spyOn(console, level).mockImplementation((...line: unknown[]) => {
      log.push(JSON.parse(String(line[0])));
    }),
  );
  const startedMs = performance.now();
  const callback = jest.fn();
  try {
    await handler(
      { DOMAIN_NAME: 'flex-1234.twil.io', ...settings } as unknown as Parameters<Handler>[0],
      event,
      callback,
    );
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  expect(callback).toHaveBeenCalledTimes(1);
  const [error, response] = callback.mock.calls[0];
  expect(error).toBeNull();
  const { statusCode, headers: answered, body } = response;
  const answer: FunctionResponse = {
    status: statusCode,
    headers: Object.fromEntries(Object.entries(answered).map(([name, value]) => [name.toLowerCase(), value])),
    body,
    log,
    ms: performance.now() - startedMs,
  };
  expectDocumented(answer);
  expectTelling(answer);
  const operation = String(log.find((line) => line.status !== undefined)?.operation);
  expectDescribedResponse(operation, answer);
  const sent: Record<string, unknown> = Object(Object(event.request).headers);
  const type = sent['content-type'];
  const read = readFields(fields, sent.authorization);
  if (answer.status < 300 && isJson(type)) expectDescribedRequest(operation, 'application/json', read);
  else if (answer.status < 300 && isForm(type, fields)) {
    expectDescribedRequest(operation, 'application/x-www-form-urlencoded', read);
  }
  return answer;
}

import { freePort } from '../../local/ports';
import { createFlexAuth, FlexAuthError } from '../../src/client/flex-auth';
import { STATUS_OF_CODE } from '../../src/contract/error-codes';
import { type ServiceStandIn, startStandIn } from './support/stand-in';

let standIn: ServiceStandIn;
beforeEach(async () => {
  standIn = await startStandIn();
});
afterEach(() => standIn.close());

const TOKEN = 'eyJ.the.secret.flex.token';
const USER = { flex_user_sid: `FU${'1'.repeat(32)}`, username: 'ann' };
const ANN = { username: 'ann', email: 'ann@example.com', full_name: 'Ann' };

const client = (options: Partial<Parameters<typeof createFlexAuth>[0]> = {}) =>
  createFlexAuth({ service: standIn.origin, token: () => TOKEN, ...options });

const respondJson = (status: number, body: unknown, headers: Record<string, string> = {}) => {
  standIn.respond = (response) =>
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
};

async function failure(call: Promise<unknown>): Promise<FlexAuthError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof FlexAuthError)) throw new Error(`not a FlexAuthError: ${error}`);
  expect(JSON.stringify([error, error.message, error.stack])).not.toContain(TOKEN);
  return error;
}

/** The fields of the last request, as the service's platform parses a form: a repeated field is a list. */
function lastForm(): Record<string, string | string[]> {
  const form = new URLSearchParams(standIn.requests.at(-1)?.body);
  return Object.fromEntries(
    [...form.keys()].map((name) => {
      const [first = '', ...others] = form.getAll(name);
      return [name, others.length === 0 ? first : [first, ...others]];
    }),
  );
}

it.each(Object.entries(STATUS_OF_CODE))('rejects with the service’s code %s and its status', async (code, status) => {
  respondJson(status, { status, code, message: 'What to do next.' });
  expect(await failure(client().lookup())).toMatchObject({ code, status, message: 'What to do next.' });
});

describe('each call is a CORS-simple request:', () => {
  /** The request headers that `fetch` sets by itself here; browsers never let them cause a preflight. */
  const OF_FETCH = ['accept', 'accept-encoding', 'accept-language', 'connection', 'content-length', 'host'];
  const OF_BROWSERS = [...OF_FETCH, 'sec-fetch-mode', 'user-agent'];

  it.each([
    ['lookup', '/lookup', () => client().lookup(), {}],
    [
      'lookup by user name',
      '/lookup',
      () => client().lookup({ username: 'ann+1@example.com' }),
      { username: 'ann+1@example.com' },
    ],
    [
      'mint',
      '/mint',
      () => client().mint({ flex_user_sid: USER.flex_user_sid, ttl: 60 }),
      { flex_user_sid: USER.flex_user_sid, ttl: '60' },
    ],
    ['deprovision', '/deprovision', () => client().deprovision({ username: 'ann' }), { username: 'ann' }],
    [
      'provision',
      '/provision',
      () => client().provision({ ...ANN, roles: ['agent', 'admin'], worker: { attributes: { n: 1, 'a.b': ['ü&='] } } }),
      { ...ANN, roles: 'agent,admin', worker: '{"attributes":{"n":1,"a.b":["ü&="]}}' },
    ],
  ] as const)('%s posts a form with the token in a field, and sets no other header', async (_, path, call, fields) => {
    respondJson(200, { ...USER, access_token: 'x', token_info: {} });
    await call().catch(() => undefined);
    const { headers, ...request } = standIn.requests[0] ?? { headers: {} };
    expect(standIn.requests).toHaveLength(1);
    expect(request).toMatchObject({ method: 'POST', path });
    expect(headers['content-type']).toMatch(/^application\/x-www-form-urlencoded(;charset=UTF-8)?$/);
    expect(Object.keys(headers).filter((name) => name !== 'content-type' && !OF_BROWSERS.includes(name))).toEqual([]);
    expect(lastForm()).toEqual({ ...fields, Token: TOKEN });
  });

  it.each([
    ['lookup', () => client().lookup({ username: undefined } as never)],
    ['mint', () => client().mint({ username: undefined, ttl: undefined } as never)],
    ['provision', () => client().provision({ worker: undefined, roles: undefined } as never)],
    ['deprovision', () => client().deprovision({ flex_user_sid: undefined } as never)],
  ])('%s leaves out a field that is undefined', async (_, call) => {
    await call().catch(() => undefined);
    expect(lastForm()).toEqual({ Token: TOKEN });
  });

  it.each([
    ['null', { username: null }, { username: '' }],
    ['an object', { username: { $ne: '' } }, { username: '' }],
    ['a boolean', { ttl: true }, { ttl: '' }],
    ['an empty list of roles', { roles: [] }, { roles: '' }],
    ['a worker that is not an object', { worker: 'agent' }, { worker: 'agent' }],
  ])('a value of the wrong type arrives as one that the service refuses: %s', async (_, given, sent) => {
    await client()
      .provision(given as never)
      .catch(() => undefined);
    expect(lastForm()).toEqual({ ...sent, Token: TOKEN });
  });

  it('the token that was returned wins over a field named Token', async () => {
    await client()
      .lookup({ Token: 'other' } as never)
      .catch(() => undefined);
    expect(lastForm()).toEqual({ Token: TOKEN });
  });
});

it.each([
  ['the HTML of a proxy', 502, '<h1>Bad gateway</h1>'],
  ['the HTML of another site, with 200', 200, '<h1>Welcome</h1>'],
  ['an empty 200', 200, ''],
  ['truncated JSON', 200, '{"flex_user_sid": "FU'],
  ['a user without a SID', 200, '{"username": "ann"}'],
  ['null', 200, 'null'],
  ['an error in another shape', 401, '{"code": 20003, "message": "Authenticate"}'],
  ['an undocumented code', 418, '{"code": "toString", "message": "I am a teapot"}'],
  ['an error without a message', 404, '{"code": "user_not_found"}'],
  ['an error with 200', 200, '{"code": "user_not_found", "message": "no"}'],
])('rejects with unexpected_answer for %s', async (_, status, body) => {
  standIn.respond = (response) => response.writeHead(status, { 'Content-Type': 'text/html' }).end(body);
  const error = await failure(client().lookup());
  expect(error).toMatchObject({ code: 'unexpected_answer', status });
  expect(error.message).toContain(`Unexpected response from ${standIn.origin}/lookup (${status})`);
});

it.each([
  ['mint', () => client().mint()],
  ['deprovision', () => client().deprovision({ username: 'ann' })],
])('rejects %s if the response only looks like a success', async (_, call) => {
  respondJson(200, { done: true });
  expect((await failure(call())).code).toBe('unexpected_answer');
});

it.each([
  ['seconds', '7', 7],
  ['a date in the past', new Date(0).toUTCString(), 0],
  ['neither', 'soon', undefined],
])('reads retryAfterSeconds from a Retry-After in the form of %s', async (_, header, expected) => {
  respondJson(429, { code: 'rate_limited', message: 'Wait.' }, { 'Retry-After': header });
  expect((await failure(client().lookup())).retryAfterSeconds).toEqual(expected);
});

it('reads retryAfterSeconds from a date as the time until then', async () => {
  const until = Math.ceil(Date.now() / 1000) + 90;
  respondJson(429, { code: 'rate_limited', message: 'Wait.' }, { 'Retry-After': new Date(until * 1000).toUTCString() });
  const { retryAfterSeconds = Number.NaN } = await failure(client().lookup());
  // Neither `until` nor the header `Date`, which the client goes by, has fractions of a second.
  expect(retryAfterSeconds).toBeLessThanOrEqual(92);
  // However long the response took.
  expect(retryAfterSeconds).toBeGreaterThanOrEqual(Math.floor(until - Date.now() / 1000) - 1);
});

it('leaves out details and upstream if they are not in the documented shape', async () => {
  respondJson(400, { code: 'invalid_request', message: 'Fix it.', details: ['roles'], upstream: 'Twilio' });
  const error = await failure(client().lookup());
  expect([error.details, error.upstream]).toEqual([undefined, undefined]);
});

it('names ALLOWED_ORIGINS if the network is down, because an origin that is not listed looks the same', async () => {
  const service = `http://127.0.0.1:${await freePort()}`;
  const error = await failure(client({ service }).lookup());
  expect(error).toMatchObject({ code: 'network_error', status: undefined });
  expect(String(error.cause)).toContain('fetch failed');
  expect(error.message).toContain('ALLOWED_ORIGINS');
});

it('rejects with network_error if the connection breaks in the middle of a response', async () => {
  standIn.respond = (response) => {
    response.writeHead(200, { 'Content-Length': 1000 }).write('{', () => response.destroy());
  };
  expect((await failure(client().lookup())).code).toBe('network_error');
});

describe('a call without a response', () => {
  it.each([
    ['the service hangs', () => {}],
    ['the response stops in the middle', (response) => response.writeHead(200, { 'Content-Length': 9 }).write('{')],
  ] as [string, ServiceStandIn['respond']][])(
    'ends at its time limit, and its request with it, if %s',
    async (_, respond) => {
      const gone = new Promise((resolve) => {
        standIn.respond = (response) => {
          response.once('close', () => resolve('gone'));
          respond(response);
        };
      });
      const error = await failure(client({ timeLimitMs: 200 }).lookup());
      expect(error).toMatchObject({ code: 'timeout', message: expect.stringContaining('0.2 s') });
      expect(await gone).toBe('gone');
    },
  );

  it('ends at its time limit if token() never resolves, and sends no request', async () => {
    const token = () => new Promise<string>(() => {});
    expect((await failure(client({ token, timeLimitMs: 50 }).lookup())).code).toBe('timeout');
    expect(standIn.requests).toEqual([]);
  });

  it('ends with the signal’s reason when the caller aborts it', async () => {
    const calling = new AbortController();
    const gone = new Promise((resolve) => {
      standIn.respond = (response) => {
        response.once('close', () => resolve('gone'));
        calling.abort(new Error('another page'));
      };
    });
    await expect(client().lookup({}, { signal: calling.signal })).rejects.toThrow('another page');
    expect(await gone).toBe('gone');
  });

  it('is not made if its signal was aborted before', async () => {
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(client().mint({}, { signal })).rejects.toThrow('too late');
    expect(standIn.requests).toEqual([]);
  });
});

describe('without a token that can be sent, a call sends no request and rejects', () => {
  const thrown = new TypeError("Cannot read properties of undefined (reading 'token')");
  it.each([
    ['undefined', () => undefined, undefined],
    ['an empty string', () => '', undefined],
    ['null', () => null as never, undefined],
    ['a promise of undefined', async () => undefined, undefined],
    ['a number', () => 7 as never, undefined],
    [
      'a synchronous throw',
      () => {
        throw thrown;
      },
      thrown,
    ],
    ['a rejected promise', () => Promise.reject(thrown), thrown],
    ['a rejection without a reason', () => Promise.reject(), undefined],
  ])('with missing_credentials if token() gives %s', async (_, token, cause) => {
    const error = await failure(client({ token }).lookup());
    expect(error).toMatchObject({ code: 'missing_credentials', status: undefined });
    expect(error.cause).toBe(cause);
    expect(standIn.requests).toEqual([]);
  });

  it.each([
    ['a line break', `${TOKEN}\n`],
    ['other letters', `${TOKEN}é`],
  ])('with invalid_token if it contains %s', async (_, token) => {
    expect(await failure(client({ token: () => token }).lookup())).toMatchObject({ code: 'invalid_token' });
    expect(standIn.requests).toEqual([]);
  });
});

it.each([
  '',
  'flex.example',
  '/lookup',
  'ftp://flex.example',
  'https://flex.example/path',
  'https://flex.example?x=1',
  'https://user@flex.example',
  'https://flex.example\\@evil.example',
  'http://flex.example',
  'http://localhost.example',
])('refuses the service "%s"', (service) => {
  expect(() => client({ service })).toThrow(TypeError);
  expect(() => client({ service })).toThrow('Invalid service');
});

it('accepts a service with a final slash', async () => {
  respondJson(200, USER);
  await client({ service: `${standIn.origin}/` }).lookup();
  expect(standIn.requests[0]?.path).toBe('/lookup');
});

import { freePort } from '../../local/ports';
import { createFlexAuth, FlexAuthError, type ServiceErrorCode } from '../../src/client/flex-auth';
import type { ErrorCode } from '../../src/errors';
import { type StandIn, startStandIn } from './support/stand-in';

let standIn: StandIn;
beforeEach(async () => {
  standIn = await startStandIn();
});
afterEach(() => standIn.close());

const TOKEN = 'eyJ.the.secret.flex.token';
const USER = { flex_user_sid: `FU${'1'.repeat(32)}`, username: 'ann' };

const client = (options: Partial<Parameters<typeof createFlexAuth>[0]> = {}) =>
  createFlexAuth({ service: standIn.origin, token: () => TOKEN, ...options });

const answerJson = (status: number, body: unknown, headers: Record<string, string> = {}) => {
  standIn.answer = (response) =>
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

/** Complete by its type, and so is the client's list: what the service may answer, the client knows. */
const STATUSES: Record<ErrorCode, number> & Record<ServiceErrorCode, number> = {
  ...{ invalid_request: 400, missing_credentials: 401, invalid_token: 401, invalid_key: 401, forbidden: 403 },
  ...{ user_not_found: 404, user_deactivated: 409, rate_limited: 429, misconfigured: 500, internal_error: 500 },
  ...{ upstream_error: 502, upstream_timeout: 504 },
};

it.each(Object.entries(STATUSES))('knows the code %s', async (code, status) => {
  answerJson(status, { status, code, message: 'What to do next.' });
  expect(await failure(client().lookup())).toMatchObject({ code, status, message: 'What to do next.' });
});

it('sends what was given and nothing else, with the token in the header alone', async () => {
  answerJson(200, USER);
  await client().lookup();
  await client().lookup({ username: 'ann' });
  await client().provision({ username: 'ann', email: 'a@example.com', full_name: 'Ann', roles: ['admin'] });
  answerJson(201, { access_token: 'x', token_info: {} });
  await client().mint({ flex_user_sid: USER.flex_user_sid, ttl: 60 });
  standIn.answer = (response) => response.writeHead(204).end();
  await client().deprovision({ username: 'ann' });
  expect(standIn.asked.map(({ path, body }) => [path, JSON.parse(body)])).toEqual([
    ['/lookup', {}],
    ['/lookup', { username: 'ann' }],
    ['/provision', { username: 'ann', email: 'a@example.com', full_name: 'Ann', roles: ['admin'] }],
    ['/mint', { flex_user_sid: USER.flex_user_sid, ttl: 60 }],
    ['/deprovision', { username: 'ann' }],
  ]);
  expect(new Set(standIn.asked.map(({ authorization }) => authorization))).toEqual(new Set([`Bearer ${TOKEN}`]));
});

it.each([
  ['the HTML of a proxy', 502, '<h1>Bad gateway</h1>'],
  ['the HTML of another site, with 200', 200, '<h1>Welcome</h1>'],
  ['nothing, with 200', 200, ''],
  ['JSON that breaks off', 200, '{"flex_user_sid": "FU'],
  ['a user without a SID', 200, '{"username": "ann"}'],
  ['null', 200, 'null'],
  ['an error that is not the service’s own', 401, '{"code": 20003, "message": "Authenticate"}'],
  ['a code that is not documented', 418, '{"code": "toString", "message": "I am a teapot"}'],
  ['an error without a message', 404, '{"code": "user_not_found"}'],
  ['an error with 200', 200, '{"code": "user_not_found", "message": "no"}'],
])('says so where it gets %s', async (_, status, body) => {
  standIn.answer = (response) => response.writeHead(status, { 'Content-Type': 'text/html' }).end(body);
  const error = await failure(client().lookup());
  expect(error).toMatchObject({ code: 'unexpected_answer', status });
  expect(error.message).toContain(`${standIn.origin}/lookup answered ${status}`);
});

it.each([
  ['mint', () => client().mint()],
  ['deprovision', () => client().deprovision({ username: 'ann' })],
])('does not take for done what only looks like it: %s', async (_, call) => {
  answerJson(200, { done: true });
  expect((await failure(call())).code).toBe('unexpected_answer');
});

it.each([
  ['seconds', '7', 7],
  ['a date', new Date(Date.now() + 90_000).toUTCString(), expect.closeTo(90, -1)],
  ['a date that is over', new Date(0).toUTCString(), 0],
  ['neither', 'soon', undefined],
])('reads from Retry-After how long to wait: %s', async (_, header, expected) => {
  answerJson(429, { code: 'rate_limited', message: 'Wait.' }, { 'Retry-After': header });
  expect((await failure(client().lookup())).retryAfterSeconds).toEqual(expected);
});

it('leaves out details and upstream where they are not as documented', async () => {
  answerJson(400, { code: 'invalid_request', message: 'Mend.', details: ['roles'], upstream: 'Twilio' });
  const error = await failure(client().lookup());
  expect([error.details, error.upstream]).toEqual([undefined, undefined]);
});

it('names ALLOWED_ORIGINS where the network is down, since a page that is not listed sees the same', async () => {
  const service = `http://127.0.0.1:${await freePort()}`;
  const error = await failure(client({ service }).lookup());
  expect(error).toMatchObject({ code: 'network_error', status: undefined });
  expect(error.message).toContain('ALLOWED_ORIGINS');
});

it('is told of a connection that breaks in the middle of the answer', async () => {
  standIn.answer = (response) => {
    response.writeHead(200, { 'Content-Length': 1000 }).write('{', () => response.destroy());
  };
  expect((await failure(client().lookup())).code).toBe('network_error');
});

describe('a call that gets no answer', () => {
  it.each([
    ['the service hangs', () => {}],
    ['the answer stops in the middle', (response) => response.writeHead(200, { 'Content-Length': 9 }).write('{')],
  ] as [string, StandIn['answer']][])('ends at its time limit, and with it the request: %s', async (_, answer) => {
    const gone = new Promise((resolve) => {
      standIn.answer = (response) => {
        response.once('close', () => resolve('gone'));
        answer(response);
      };
    });
    const error = await failure(client({ timeLimitMs: 200 }).lookup());
    expect(error).toMatchObject({ code: 'timeout', message: expect.stringContaining('0.2 s') });
    expect(await gone).toBe('gone');
  });

  it('ends at its time limit where it is the token that does not come, and asks the service nothing', async () => {
    const token = () => new Promise<string>(() => {});
    expect((await failure(client({ token, timeLimitMs: 50 }).lookup())).code).toBe('timeout');
    expect(standIn.asked).toEqual([]);
  });

  it('ends when the caller calls it off, with the caller’s reason', async () => {
    const calling = new AbortController();
    const gone = new Promise((resolve) => {
      standIn.answer = (response) => {
        response.once('close', () => resolve('gone'));
        calling.abort(new Error('another page'));
      };
    });
    await expect(client().lookup({}, { signal: calling.signal })).rejects.toThrow('another page');
    expect(await gone).toBe('gone');
  });

  it('is not made at all where it was called off before', async () => {
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(client().mint({}, { signal })).rejects.toThrow('too late');
    expect(standIn.asked).toEqual([]);
  });
});

describe('without a token that can be sent, asks the service nothing and says', () => {
  it.each([
    ['that there is none, for undefined', undefined, 'missing_credentials'],
    ['that there is none, for an empty one', '', 'missing_credentials'],
    ['that it is none, for one with a line break', `${TOKEN}\n`, 'invalid_token'],
    ['that it is none, for one with other letters', `${TOKEN}é`, 'invalid_token'],
  ])('%s', async (_, token, code) => {
    expect(await failure(client({ token: () => token }).lookup())).toMatchObject({ code, status: undefined });
    expect(standIn.asked).toEqual([]);
  });

  it('what went wrong while it was fetched', async () => {
    const token = () => Promise.reject(new Error('signed out'));
    await expect(client({ token }).lookup()).rejects.toThrow('signed out');
    expect(standIn.asked).toEqual([]);
  });
});

it.each([
  ...['', 'flex.example', '/lookup', 'ftp://flex.example', 'https://flex.example/path', 'https://flex.example?x=1'],
  ...[
    'https://user@flex.example',
    'https://flex.example\\@evil.example',
    'http://flex.example',
    'http://localhost.example',
  ],
])('takes "%s" for no service', (service) => {
  expect(() => client({ service })).toThrow(TypeError);
  expect(() => client({ service })).toThrow('service must be an origin');
});

it('takes a service with a final slash', async () => {
  answerJson(200, USER);
  await client({ service: `${standIn.origin}/` }).lookup();
  expect(standIn.asked[0]?.path).toBe('/lookup');
});

import { once } from 'node:events';
import { type OutgoingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import fc from 'fast-check';
import { type Service, startService } from '../../local/running-service';
import { METHODS } from '../../src/contract/functions';
import { headerBytes, PROVISION_FIELDS, tries } from '../support/arbitraries';
import { expectCallersFault, usersApiRequests } from '../support/documented';
import { expectDescribedResponse } from '../support/openapi';

const LISTED = 'https://app.example.com';
/** What the platform parses at most; more it refuses itself. */
const BODY_LIMIT = 6 * 1024 * 1024;
const GOOD = {
  username: 'new@example.com',
  email: 'new@example.com',
  full_name: 'N. N.',
  roles: ['agent', 'supervisor'],
  worker: {},
};

let service: Service;

beforeAll(async () => {
  service = await startService({ ALLOWED_ORIGINS: LISTED });
});

afterAll(() => service.close());

beforeEach(() => service.sandbox.reset());

interface Asked {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
}

/** One request over a new connection, with exactly these headers: `fetch` would correct them. */
async function ask(path: string, { method, headers = {}, body }: Asked = {}) {
  const asking = request(`${service.origin}${path}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers,
    agent: false,
  });
  const answered = once(asking, 'response');
  asking.end(body);
  const [response] = await answered;
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) text += chunk;
  const isJson = /^application\/json\b/.test(String(response.headers['content-type']));
  const answer = {
    status: Number(response.statusCode),
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : text,
  };
  // The platform itself responds to a body that it cannot parse, and to a path that is not a Function.
  const name = path.slice(1).split('?')[0] ?? '';
  if (name in METHODS && answer.headers['cache-control'] === 'no-store') expectDescribedResponse(name, answer);
  return answer;
}

const withKey = (headers: OutgoingHttpHeaders = {}): OutgoingHttpHeaders => ({
  authorization: `Bearer ${service.sandbox.backendKey}`,
  ...headers,
});
const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };
const postJson = (path: string, value: unknown, headers = withKey()) =>
  ask(path, { body: JSON.stringify(value), headers: { ...headers, ...JSON_TYPE } });
const postForm = (path: string, form: URLSearchParams, headers = withKey()) =>
  ask(path, { body: String(form), headers: { ...headers, ...FORM_TYPE } });

/** That the service is as well as before. */
async function expectAlive(): Promise<void> {
  const answer = await ask('/lookup?username=agent@example.com', { headers: withKey() });
  expect(answer).toMatchObject({ status: 200, body: { username: 'agent@example.com' } });
}

// An expression that backtracks without end would block the process, its time limit included.
it.each(['.', '[', ']', ' ', '. ', '[]', 'a.'])(
  'a field name that is a run of %j is refused like any other',
  async (part) => {
    const names = ['', '!', '~'].map((end) => part.repeat(Math.floor(63 / part.length)) + end);
    const unknown = Object.fromEntries(names.map((name) => [name, 1]));
    const responses = await Promise.all([
      postJson('/lookup', unknown),
      postJson('/provision', { ...GOOD, worker: unknown }),
    ]);
    for (const { status, body } of responses) {
      expect(status).toBe(400);
      expect(body.code).toBe('invalid_request');
    }
  },
);

describe('a query', () => {
  it.each([
    ['a field twice', 'username=a&username=b', 'username'],
    ['a field with a name within', 'username[x]=1', 'username'],
    ['a field with a method within', 'username[toString]=x&username[trim]=x', 'username'],
    ['a list', 'username[]=agent@example.com', 'username'],
    ['a nest', 'username[a][b][c][d][e][f][g]=1', 'username'],
    ['a SID with dots and slashes', 'flex_user_sid=../../x', 'flex_user_sid'],
    ['a SID with coded dots and slashes', 'flex_user_sid=%2e%2e%2f%2e%2e%2fx', 'flex_user_sid'],
    ['a SID with twice coded slashes', 'flex_user_sid=FU%252f..%252fx', 'flex_user_sid'],
    ['a SID with a null byte', `flex_user_sid=FU${'0'.repeat(32)}%00`, 'flex_user_sid'],
    ['a SID with the end of a line', `flex_user_sid=FU${'0'.repeat(32)}%0A`, 'flex_user_sid'],
    ['a SID twice', `flex_user_sid=FU${'0'.repeat(32)}&flex_user_sid=FU${'1'.repeat(32)}`, 'flex_user_sid'],
    ['a SID in another script', `flex_user_sid=FU${encodeURIComponent('０'.repeat(32))}`, 'flex_user_sid'],
    ['an empty field', 'username=', 'username'],
    ['two ways to name a user', 'username=a&Username=a', 'username'],
    ['a thousand of a field', Array(1000).fill('username=a').join('&'), 'username'],
  ])('with %s is refused with 400, without calling Twilio', async (_, query, field) => {
    for (const asked of [{ headers: withKey() }, { method: 'POST', headers: withKey(JSON_TYPE) }]) {
      const answer = await ask(`/lookup?${query}`, asked);
      expectCallersFault(answer);
      expect(answer).toMatchObject({
        status: 400,
        body: { details: expect.arrayContaining([expect.objectContaining({ field })]) },
      });
    }
    expect(service.sandbox.requests).toEqual([]);
  });

  it.each([
    // The platform's parser drops these two: no user is named then, which a backend key must do.
    ['__proto__', '__proto__[username]=agent@example.com', 403],
    ['__proto__ for a value', '__proto__=agent@example.com', 403],
    ['constructor', 'constructor[prototype][username]=agent@example.com', 400],
    ['what every object has', 'hasOwnProperty=1&toString=1&valueOf=1&toJSON=1', 400],
    ['a percent sign that codes nothing', '%=%zz&%u0000', 400],
    ['no sense', '&&=&[]=&[a]&=x', 400],
  ])('with %s is refused, without calling Twilio', async (_, query, status) => {
    const answer = await ask(`/lookup?${query}`, { headers: withKey() });
    expectCallersFault(answer);
    expect(answer).toMatchObject({ status });
    expect(service.sandbox.requests).toEqual([]);
    await expectAlive();
  });

  it('with a field `request` replaces the headers, and so proves nothing: no credential, no header, no Twilio', async () => {
    for (const query of [
      'request=x',
      'request[headers]=x',
      'request[headers][authorization]=Bearer+x+y',
      'request[headers][authorization][toString]=x',
      'request[headers][authorization]=Bearer+a+b&request[headers][origin]=https://evil.example',
      'request[headers][content-type][toString]=x&request[headers][origin][]=https://app.example.com',
    ]) {
      const answer = await ask(`/lookup?${query}`, { headers: withKey({ origin: LISTED }) });
      expectCallersFault(answer);
      expect(answer.status).toBe(401);
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    }
    expect(service.sandbox.requests).toEqual([]);
  });

  it('with a content type that is an object, and a valid key, gets a documented response', async () => {
    const key = encodeURIComponent(`Bearer ${service.sandbox.backendKey}`);
    const query = `request[headers][authorization]=${key}&request[headers][content-type][toString]=x`;
    const answer = await ask(`/lookup?${query}`);
    expectCallersFault(answer);
    expect(answer.status).toBe(403);
  });
});

describe('a body', () => {
  it('means the same as a form and as JSON: the same response, and the same request to Twilio', async () => {
    const fields = fc.record(PROVISION_FIELDS, { requiredKeys: ['full_name', 'roles'] });
    await fc.assert(
      fc.asyncProperty(fields, fc.boolean(), async (fields, isJoined) => {
        const form = new URLSearchParams();
        for (const [name, value] of Object.entries(fields)) {
          const texts = Array.isArray(value) ? (isJoined ? [value.join(',')] : value) : [value];
          for (const text of texts) form.append(name, typeof text === 'string' ? text : JSON.stringify(text));
        }
        const answers = [];
        for (const post of [() => postJson('/provision', fields), () => postForm('/provision', form)]) {
          service.sandbox.reset();
          const { status, body } = await post();
          answers.push({
            status,
            details: body.details,
            sent: usersApiRequests(service.sandbox.requests).map(({ body }) => body),
          });
          if (status < 300)
            expect(usersApiRequests(service.sandbox.requests)[0]?.json).toEqual(
              JSON.parse(JSON.stringify({ worker: {}, ...fields })),
            );
        }
        expect(answers[1]).toEqual(answers[0]);
      }),
      tries(30),
    );
  });

  it.each<[string, string | undefined, OutgoingHttpHeaders]>([
    ['an array', '[{"username":"agent@example.com"}]', JSON_TYPE],
    ['an empty array', '[]', JSON_TYPE],
    ['an empty object', '{}', JSON_TYPE],
    ['nothing', '', JSON_TYPE],
    ['plain text', '{"username":"agent@example.com"}', { 'content-type': 'text/plain' }],
    ['no type', '{"username":"agent@example.com"}', {}],
    ['a type of XML', '<username>agent@example.com</username>', { 'content-type': 'application/xml' }],
    ['parts', '--x\r\n\r\n--x--', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['only __proto__', '{"__proto__":{"username":"agent@example.com"}}', JSON_TYPE],
    ['only constructor', '{"constructor":{"prototype":{"username":"agent@example.com"}}}', JSON_TYPE],
    ['only length', '{"length":1,"0":{"username":"agent@example.com"}}', JSON_TYPE],
    ['a form of nothing', '&=&', FORM_TYPE],
  ])('of %s names no user: deprovisioning is refused with 400, without calling Twilio', async (_, body, headers) => {
    const answer = await ask('/deprovision', {
      method: 'POST',
      headers: withKey(headers),
      ...(body !== undefined && { body }),
    });
    expectCallersFault(answer);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(service.sandbox.requests).toEqual([]);
  });

  it('with a field `request` cannot make a response readable by an origin that is not listed', async () => {
    const authorization = `Bearer ${service.sandbox.backendKey}`;
    for (const origin of ['https://evil.example', 'null', '*', `${LISTED}.evil.example`, [LISTED]]) {
      const forged = { request: { headers: { origin, authorization, ...JSON_TYPE } }, username: 'agent@example.com' };
      const answer = await postJson('/lookup', forged, { authorization: 'Bearer x' });
      // A caller with a key may send it there as well: it is verified in any place.
      expect(answer.status).toBe(200);
      expect(answer.headers).toHaveProperty('vary', expect.stringContaining('Origin'));
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    }
  });

  it('with a field `request` without a key hides the valid one in the header: 401, without calling Twilio', async () => {
    for (const request of [
      null,
      [],
      {},
      'x',
      { headers: null },
      { headers: [] },
      { headers: { authorization: null } },
    ]) {
      const answer = await postJson('/deprovision', { request, username: 'agent@example.com' });
      expectCallersFault(answer);
      expect(answer).toMatchObject({ status: 401, body: { code: 'missing_credentials' } });
    }
    expect(service.sandbox.requests).toEqual([]);
  });

  it.each(['{"username":', 'undefined', '"text"', '5', 'null', '{"a":1}}', '\0', '{"username":"\ud800"'])(
    'that is not a JSON object (%j) is refused by the platform itself, and the next call works',
    async (body) => {
      const answer = await ask('/provision', { body, headers: withKey(JSON_TYPE) });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(service.sandbox.requests).toEqual([]);
      await expectAlive();
    },
  );
});

describe('a large body', () => {
  it.each(['/provision', '/lookup', '/mint', '/deprovision', '/config'])(
    'of 10 MB for %s makes no request to Twilio, and the next call works',
    async (path) => {
      for (const headers of [withKey(), {}]) {
        // Refused before it is all read, the connection may break while it is being sent.
        const answer = await postJson(path, { ...GOOD, username: 'x'.repeat(10_000_000) }, headers).catch(
          (error: unknown) => error,
        );
        expect(answer).toBeDefined();
      }
      expect(service.sandbox.requests).toEqual([]);
      await expectAlive();
    },
  );

  const deep = (levels: number) => `${'{"a":'.repeat(levels)}0${'}'.repeat(levels)}`;

  it.each<[string, () => string, string]>([
    ['a user name', () => `{"username":"${'x'.repeat(BODY_LIMIT - 1000)}"`, 'username'],
    ['roles by the million', () => `{"roles":[${'1,'.repeat(BODY_LIMIT / 2 - 1000)}1]`, 'roles'],
    ['attributes deeper than the stack', () => `{"worker":{"attributes":${deep(20_000)}}`, 'worker.attributes'],
    [
      'attributes as deep as it has room for',
      () => `{"worker":{"attributes":${deep(BODY_LIMIT / 6 - 1000)}}`,
      'worker.attributes',
    ],
  ])('below the limit, of %s, is refused with 400, without calling Twilio', async (_, text, field) => {
    const given = text();
    const others = Object.entries(GOOD).filter(([name]) => !given.startsWith(`{"${name}"`));
    const body = `${given},${JSON.stringify(Object.fromEntries(others)).slice(1)}`;
    const answer = await ask('/provision', { body, headers: withKey(JSON_TYPE) });
    expectCallersFault(answer);
    expect(answer).toMatchObject({ status: 400, body: { details: [{ field }] } });
    expect(service.sandbox.requests).toEqual([]);
    await expectAlive();
  });

  it('below the limit, all of it a credential, is refused with 401, without calling Twilio', async () => {
    const answer = await postJson('/mint', { Token: 'a'.repeat(BODY_LIMIT - 1000) }, {});
    expectCallersFault(answer);
    expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
    expect(service.sandbox.requests).toEqual([]);
  });
});

describe('a header', () => {
  /** One request, byte by byte: no client stands between. Resolves with what came back until the connection closed. */
  async function askRaw(authorization: Buffer): Promise<string> {
    const { hostname, port } = new URL(service.origin);
    const socket = connect(Number(port), hostname);
    const head = `GET /lookup?username=agent@example.com HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\nAuthorization: `;
    socket.write(Buffer.concat([Buffer.from(head), authorization, Buffer.from('\r\n\r\n')]));
    let answered = '';
    for await (const chunk of socket.setEncoding('latin1')) answered += chunk;
    return answered;
  }

  it('of any bytes for a credential is refused with 400 by Node or with 401 as documented, without calling the Flex Users API', async () => {
    let documented = 0;
    const scheme = fc
      .constantFrom('Bearer ', 'bearer\t', 'Bearer fbk_sandbox.', 'Basic ', '')
      .map((text) => Buffer.from(text));
    await fc.assert(
      fc.asyncProperty(scheme, headerBytes, async (scheme, bytes) => {
        const [head = '', body = ''] = (await askRaw(Buffer.concat([scheme, bytes]))).split('\r\n\r\n');
        const status = Number(head.split(' ')[1]);
        expect([400, 401]).toContain(status);
        if (status === 400) return expect(body).toBe('');
        documented += 1;
        const headers = head
          .split('\r\n')
          .slice(1)
          .map((line) => line.split(': '));
        expectCallersFault({
          status,
          headers: Object.fromEntries(headers.map(([name = '', value]) => [name.toLowerCase(), value])),
          body: JSON.parse(Buffer.from(body, 'latin1').toString()),
        });
      }),
      { ...tries(100), examples: [[Buffer.from('Bearer '), Buffer.from('no token')]] },
    );
    expect(documented).toBeGreaterThan(0);
    expect(service.sandbox.requestsTo('flex-api')).toEqual([]);
    await expectAlive();
  });

  it('Authorization, sent twice, is refused with 401, even though both are valid, without calling Twilio', async () => {
    const bearer = `Bearer ${service.sandbox.backendKey}`;
    for (const authorization of [
      [bearer, bearer],
      [bearer, 'Bearer x'],
      ['Bearer x', bearer],
      ['', bearer, bearer],
    ]) {
      const answer = await ask('/lookup?username=agent@example.com', { headers: { Authorization: authorization } });
      expectCallersFault(answer);
      expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
    }
    expect(service.sandbox.requests).toEqual([]);
  });

  it('Origin, sent twice, is not a listed origin: no page may read the response', async () => {
    const answer = await ask('/config', { headers: { Origin: [LISTED, 'https://evil.example'] } });
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('Origin lets a listed page read even an error, and no page that is not listed', async () => {
    const listed = await ask('/lookup', { headers: { origin: LISTED } });
    expect(listed).toMatchObject({ status: 401, headers: { 'access-control-allow-origin': LISTED } });
    for (const origin of ['https://evil.example', 'null', `${LISTED}.evil.example`, `${LISTED}/`]) {
      const refused = await ask('/lookup', { headers: { origin } });
      expect(refused).toMatchObject({ status: 401, headers: { vary: expect.stringContaining('Origin') } });
      expect(refused.headers).not.toHaveProperty('access-control-allow-origin');
    }
  });
});

describe('the log', () => {
  it('has nothing of what was sent: no key, token, name or email address', async () => {
    service.forgetLog();
    const token = await service.sandbox.tokenFor('agent');
    await postJson('/provision', { ...GOOD, username: 'marker@secret.example', roles: ['x'] });
    await postJson('/provision', { ...GOOD, username: 'marker@secret.example' });
    await postForm('/mint', new URLSearchParams({ Token: token }), {});
    await ask('/lookup?username=marker@secret.example', { headers: withKey({ origin: 'https://evil.example' }) });
    await ask(`/lookup?Token=${token}&flex_user_sid=marker-sid`);
    const log = JSON.stringify(service.log());
    expect(service.log().length).toBeGreaterThanOrEqual(5);
    const { backendKey, authToken } = service.sandbox;
    for (const secret of [backendKey, authToken, token, 'marker', 'agent@example.com', GOOD.email, GOOD.full_name])
      expect(log).not.toContain(secret);
  });
});

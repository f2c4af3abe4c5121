import { handler as config } from '../../src/functions/config';
import { handler as lookup } from '../../src/functions/lookup';
import { parseOrigin } from '../../src/settings/origin';
import { call } from '../support/call';
import { useSandbox } from '../support/twilio';

const twilio = useSandbox();

const LISTED = 'https://app.example.com';

const ask = (origin: unknown, settings: object = {}) =>
  call(
    config,
    { ...twilio.settings, ALLOWED_ORIGINS: `${LISTED}, https://crm.example.com:8443`, ...settings },
    { headers: { origin } },
  );

const local = { DOMAIN_NAME: 'localhost:3000' };

it.each([
  ['a listed origin', LISTED, {}],
  ['a listed origin with a port', 'https://crm.example.com:8443', {}],
  ['Flex, without being listed', 'https://flex.twilio.com', {}],
  ['localhost while the service runs there', 'http://localhost:8080', local],
  ['localhost without a port while the service runs there', 'http://localhost', local],
  ['127.0.0.1 while the service runs on localhost', 'http://127.0.0.1:3001', local],
])('lets pages of %s read the response', async (_, origin, settings) => {
  const { headers, log } = await ask(origin, settings);
  expect(headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'Origin' });
  expect(headers['access-control-allow-credentials']).toBeUndefined();
  expect(log.filter(({ outcome }) => outcome === 'origin_refused')).toEqual([]);
});

it.each([
  ['an origin that is not listed', 'https://evil.example', {}],
  ['a listed host with another scheme', 'http://app.example.com', {}],
  ['a listed host with another port', 'https://app.example.com:444', {}],
  ['a host that ends like a listed one', 'https://evil-app.example.com', {}],
  ['a host that begins like a listed one', 'https://app.example.com.evil.example', {}],
  ['a listed origin in capitals, which no browser sends', 'https://APP.example.com', {}],
  ['the opaque origin', 'null', {}],
  ['something that is not an origin', 'x', {}],
  ['a star', '*', {}],
  ['localhost while the service is deployed', 'http://localhost:8080', {}],
  ['localhost of another scheme', 'https://localhost:8080', local],
  ['a host that begins like localhost', 'http://localhost.evil.example', local],
  ['a host that ends like localhost while the service runs there', 'http://evil-localhost:8080', local],
  [
    'localhost while the service runs on a host that ends like it',
    'http://localhost:8080',
    { DOMAIN_NAME: 'evil-localhost' },
  ],
  ['localhost with a path', 'http://localhost:8080/x', local],
  ['several origins', [LISTED, 'https://evil.example'], {}],
])('does not let pages of %s read the response', async (_, origin, settings) => {
  const { status, headers } = await ask(origin, settings);
  expect(status).toBe(200);
  expect(headers['access-control-allow-origin']).toBeUndefined();
  expect(headers.vary).toBe('Origin');
});

it('logs a refused origin, and where to list it', async () => {
  const { log } = await ask('https://new-app.example.com');
  expect(log).toContainEqual({
    operation: 'config',
    outcome: 'origin_refused',
    origin: 'https://new-app.example.com',
    message: expect.stringContaining('add it to ALLOWED_ORIGINS'),
  });
});

it.each(['chrome-extension://abcdef', 'capacitor://localhost', 'null'])(
  'logs that an origin cannot be listed: %s',
  async (origin) => {
    const { log } = await ask(origin);
    const message = expect.stringContaining('only http and https origins');
    expect(log).toContainEqual({ operation: 'config', outcome: 'origin_refused', origin, message });
  },
);

it('does not log the service’s own origin as refused', async () => {
  const { log } = await ask('https://flex-1234.twil.io');
  expect(log.filter(({ outcome }) => outcome === 'origin_refused')).toEqual([]);
});

it('logs nothing else that a caller writes into that header', async () => {
  const { log } = await ask('https://someone@example.com:pass@evil.example/path?token=secret');
  expect(log).toContainEqual(expect.objectContaining({ origin: 'https://evil.example' }));
  for (const text of ['xnull', 'null x', 'a://b:8x', 'x a://b']) {
    expect((await ask(text)).log).toContainEqual(expect.objectContaining({ origin: 'not an origin' }));
  }
  const long = (await ask(`https://${'a.'.repeat(200)}example`)).log.find(({ origin }) => origin !== undefined);
  expect(long?.origin).toHaveLength(267);
  expect((await ask('capacitor://a:8100')).log).toContainEqual(
    expect.objectContaining({ origin: 'capacitor://a:8100' }),
  );
  expect((await ask('first.last@example.com')).log).toContainEqual(
    expect.objectContaining({ origin: 'not an origin' }),
  );
});

it('lets a listed page read every error, with Retry-After and Date', async () => {
  const settings = { ...twilio.settings, ALLOWED_ORIGINS: LISTED };
  const headers = { origin: LISTED };
  const expected = { 'access-control-allow-origin': LISTED, 'access-control-expose-headers': 'Retry-After, Date' };

  expect(await call(lookup, settings, { headers })).toMatchObject({ status: 401, headers: expected });
  const bearer = twilio.sandbox.backendKey;
  expect(await call(lookup, settings, { headers, bearer })).toMatchObject({ status: 403, headers: expected });
  expect(await call(lookup, settings, { headers, bearer, fields: { username: '' } })).toMatchObject({
    status: 400,
    headers: expected,
  });
  const broken = { ...settings, LOG_LEVEL: 'loud' };
  expect(await call(lookup, broken, { headers, bearer })).toMatchObject({ status: 500, headers: expected });
});

it('lets a listed page read an error if another origin in the list is malformed', async () => {
  const answer = await ask(LISTED, { ALLOWED_ORIGINS: `*,${LISTED}` });
  expect(answer).toMatchObject({ status: 500, headers: { 'access-control-allow-origin': LISTED } });
});

describe('parseOrigin', () => {
  it.each([
    ['https://app.example.com', 'https://app.example.com'],
    ['https://app.example.com/', 'https://app.example.com'],
    ['HTTPS://APP.Example.com:443', 'https://app.example.com'],
    ['http://localhost:3000', 'http://localhost:3000'],
  ])('reads %s', (text, origin) => {
    expect(parseOrigin(text)).toBe(origin);
  });

  it.each([
    '*',
    'null',
    'app.example.com',
    'https://*.example.com/x',
    'https://app.example.com/path',
    'https://app.example.com?',
    'https://app.example.com#',
    'https://user@app.example.com',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'javascript:https://app.example.com',
    ' https://app.example.com',
    'ftp://example.com',
  ])('does not read %s', (text) => {
    expect(parseOrigin(text)).toBeUndefined();
  });
});

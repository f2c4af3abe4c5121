import { generateKeyPairSync } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { readDiscovery } from '../../../src/auth/identity-provider/discovery';
import { handler as lookup } from '../../../src/functions/lookup';
import { UpstreamCall } from '../../../src/upstream/call';
import { call, type FunctionResponse } from '../../support/call';
import {
  DISCOVERY_PATH,
  KEYS_PATH,
  newKey,
  sendJson,
  signToken,
  startProvider,
  type TestProvider,
} from '../../support/identity-provider';
import { onTestClock } from '../../support/test-clock';
import { useSandbox } from '../../support/twilio';

// How discovery and keys are read, kept, and read again. Each test has a provider that this process has not seen before.

const twilio = useSandbox();
let provider: TestProvider;
beforeEach(async () => {
  provider = await startProvider();
  // The wall clock stands still, but for `pass`.
  pass(0);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await provider.close();
});

const show = (bearer: string, { settings } = provider): Promise<FunctionResponse> =>
  call(lookup, { ...twilio.settings, ...settings }, { bearer });
const status = async (bearer: string) => (await show(bearer)).status;

/** Moves the wall clock; the provider's tokens move along. */
function pass(ms: number): void {
  const now = Date.now() + ms;
  jest.restoreAllMocks();
  jest.spyOn(Date, 'now').mockImplementation(() => now);
}
const MINUTES = 60_000;

const unknownKid = () => signToken({ alg: 'ES256', kid: `unknown-${Math.random()}` }, provider.claims(), provider.key);
const countOf = (path: string) => provider.requests.filter((requested) => requested === path).length;
const broken: Parameters<typeof sendJson> = [{}, 500];

describe('every algorithm', () => {
  it.each(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'])(
    '%s is accepted, with and without alg and use in the key',
    async (alg) => {
      provider.key = newKey(alg);
      const { alg: _, use: __, ...plain } = provider.key.jwk;
      const second = { ...plain, kid: 'plain' };
      provider.keys = [provider.key.jwk, second];
      expect(await status(provider.token())).toBe(200);
      expect(await status(provider.token({}, { kid: 'plain' }))).toBe(200);
    },
  );
});

describe('a token without a key ID', () => {
  it('is verified with each key that fits, and never causes keys to be read again', async () => {
    const keys = [newKey(), newKey('RS256'), newKey(), newKey('ES384')];
    provider.keys = [...keys.map(({ jwk }) => jwk), provider.key.jwk];
    for (const key of [provider.key, ...keys]) {
      expect(await status(signToken({ alg: key.alg }, provider.claims(), key))).toBe(200);
    }
    pass(31_000);
    const { log, status: refused } = await show(signToken({ alg: 'ES256' }, provider.claims(), newKey()));
    expect({ refused, reason: log[0]?.reason }).toEqual({ refused: 401, reason: 'signature: no key matches' });
    expect(provider.requests).toEqual([DISCOVERY_PATH, KEYS_PATH]);
  });

  it('is verified with the right one of two keys of the same ID', async () => {
    const second = newKey();
    provider.keys = [{ ...second.jwk, kid: provider.key.kid }, provider.key.jwk];
    expect(await status(provider.token())).toBe(200);
  });
});

describe('discovery', () => {
  it.each(['', '/', '/tenant', '/tenant/', '/tenant//', '/tenant/v2.0'])(
    'finds the keys of an issuer with the path %j',
    async (path) => {
      const other = await startProvider(path);
      expect((await show(other.token(), other)).status).toBe(200);
      expect(other.requests).toEqual([`${path.replace(/\/+$/, '')}${DISCOVERY_PATH}`, KEYS_PATH]);
      await other.close();
    },
  );

  const unusable: [string, () => void][] = [
    ['names another issuer', () => (provider.discovery = { issuer: 'https://other.example.com' })],
    ['names the issuer with another slash', () => (provider.discovery = { issuer: `${provider.issuer}/` })],
    ['names no issuer', () => (provider.discovery = { issuer: undefined })],
    ['names no keys', () => (provider.discovery = { jwks_uri: undefined })],
    ['names keys over http elsewhere', () => (provider.discovery = { jwks_uri: 'http://keys.example.com/' })],
    ['names keys by another scheme', () => (provider.discovery = { jwks_uri: 'file:///etc/passwd' })],
    ['names keys with credentials', () => (provider.discovery = { jwks_uri: 'https://a:b@keys.example.com/' })],
    ['names keys by something else', () => (provider.discovery = { jwks_uri: ['https://keys.example.com/'] })],
    ['is HTML', () => (provider.trouble.discovery = (_, res) => res.end('<!doctype html><title>Sign in</title>'))],
    ['is an empty body', () => (provider.trouble.discovery = (_, res) => res.end())],
    ['is a list', () => (provider.trouble.discovery = sendJson([]))],
    ['is not found', () => (provider.trouble.discovery = sendJson({}, 404))],
    ['is forbidden', () => (provider.trouble.discovery = sendJson({}, 403))],
    ['redirects', () => (provider.trouble.discovery = sendJson({}, 302, { Location: `${provider.issuer}/moved` }))],
  ];

  it.each(unusable)('that %s is 502, and nothing else is requested', async (_, spoil) => {
    spoil();
    const answer = await show(provider.token());
    expect(answer).toMatchObject({ status: 502, body: { code: 'upstream_error' } });
    expect(answer.body.message).toMatch(/unusable.* OIDC_ISSUER/);
    expect(answer.log[0]?.reason).toMatch(/^discovery: /);
    expect(provider.requests).toEqual([DISCOVERY_PATH]);
    expect(twilio.sandbox.requests).toEqual([]);
  });
});

describe('a key set', () => {
  const secret = { kty: 'oct', k: 'c2VjcmV0', kid: 'secret', alg: 'HS256' };
  const unusable: [string, () => object][] = [
    ['that is empty', () => ({ keys: [] })],
    ['without a list', () => ({})],
    ['whose list is an object', () => ({ keys: { 0: provider.key.jwk } })],
    ['of encryption keys', () => ({ keys: [{ ...provider.key.jwk, use: 'enc' }] })],
    ['of a symmetric key', () => ({ keys: [secret] })],
    ['of a private key', () => ({ keys: [provider.key.privateKey.export({ format: 'jwk' })] })],
    ['of an RSA key that is too short', () => ({ keys: [newKey('RS256', 1024).jwk] })],
    ['of a key for another algorithm', () => ({ keys: [{ ...provider.key.jwk, alg: 'ECDH-ES' }] })],
    ['of a key that is none', () => ({ keys: ['key', null, 7, { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }] })],
    [
      'of a curve for key agreement',
      () => ({ keys: [generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' })] }),
    ],
    ['of a curve outside the list', () => ({ keys: [secp256k1()] })],
  ];
  const secp256k1 = () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' });

  it.each(unusable)('%s is 502 and is not kept: once the keys are right, the token is accepted', async (_, body) => {
    provider.trouble.keys = sendJson(body());
    const answer = await show(provider.token());
    expect(answer).toMatchObject({ status: 502, body: { code: 'upstream_error' } });
    expect(answer.log[0]?.reason).toMatch(/^keys: /);
    provider.trouble.keys = undefined;
    expect(await status(provider.token())).toBe(200);
  });

  it('is used without those of its keys that are unusable', async () => {
    provider.keys = [secret, { kty: 'EC' }, { ...newKey().jwk, use: 'enc' }, provider.key.jwk];
    expect(await status(provider.token())).toBe(200);
    // Listed, though unusable: no reason to ask again.
    expect(await status(provider.token({}, { kid: 'secret' }))).toBe(401);
    expect(countOf(KEYS_PATH)).toBe(1);
  });

  it('is requested as JSON, like discovery', async () => {
    const accepted: unknown[] = [];
    const record = (body: unknown): TestProvider['trouble']['keys'] => {
      return (request, response) => {
        accepted.push(request.headers.accept);
        sendJson(body)(request, response);
      };
    };
    const { issuer, keys } = provider;
    provider.trouble = {
      discovery: record({ issuer, jwks_uri: `${issuer}${KEYS_PATH}` }),
      keys: record({ keys }),
    };
    expect(await status(provider.token())).toBe(200);
    expect(accepted).toEqual(['application/json', 'application/json']);
  });

  it('that fails for now is 502, and the log says that the keys failed', async () => {
    provider.trouble.keys = sendJson(...broken);
    expect(await show(provider.token())).toMatchObject({ status: 502, log: [{ reason: 'keys: status 500' }] });
  });

  it('behind a redirect is 502, and the redirect is not followed', async () => {
    provider.trouble.keys = sendJson({}, 307, { Location: `${provider.issuer}/moved` });
    expect(await status(provider.token())).toBe(502);
    expect(provider.requests).toEqual([DISCOVERY_PATH, KEYS_PATH]);
  });

  it('of more than a megabyte is 502', async () => {
    provider.trouble.keys = sendJson({ keys: ['x'.repeat(1024 * 1024)] });
    expect(await status(provider.token())).toBe(502);
  });
});

describe('keys are kept', () => {
  it('for ten minutes, then discovery and keys are read once more', async () => {
    for (let calls = 0; calls < 3; calls += 1) expect(await status(provider.token())).toBe(200);
    pass(10 * MINUTES - 1);
    expect(await status(provider.token())).toBe(200);
    expect(provider.requests).toEqual([DISCOVERY_PATH, KEYS_PATH]);
    pass(1);
    for (let calls = 0; calls < 3; calls += 1) expect(await status(provider.token())).toBe(200);
    expect(provider.requests).toEqual([DISCOVERY_PATH, KEYS_PATH, DISCOVERY_PATH, KEYS_PATH]);
  });

  it('no longer if the clock was set back', async () => {
    expect(await status(provider.token())).toBe(200);
    pass(-1);
    expect(await status(provider.token())).toBe(200);
    expect(countOf(DISCOVERY_PATH)).toBe(2);
  });

  it('for each issuer apart', async () => {
    const other = await startProvider();
    expect(await status(provider.token())).toBe(200);
    expect((await show(other.token(), other)).status).toBe(200);
    expect(await status(other.token())).toBe(401);
    await other.close();
  });

  it('and read once for calls that arrive together', async () => {
    // Not through `call`, which watches the log of one call at a time.
    const { keysOf } = await import('../../../src/auth/identity-provider/keys');
    const { UpstreamCall } = await import('../../../src/upstream/call');
    const upstream = () => new UpstreamCall(performance.now() + 5000);
    const { issuer, key } = provider;
    await Promise.all([1, 2, 3].map(() => keysOf(issuer).find(key.kid, upstream())));
    expect(provider.requests).toEqual([DISCOVERY_PATH, KEYS_PATH]);
    const { kid } = provider.rotate();
    const found = await Promise.all([1, 2, 3].map(() => keysOf(issuer).find(kid, upstream())));
    expect(found.map(({ keySet }) => keySet.kids.has(kid))).toEqual([true, true, true]);
    expect(provider.requests).toEqual([DISCOVERY_PATH, KEYS_PATH, KEYS_PATH]);
  });
});

describe('rotation: an unknown key ID', () => {
  it('is looked up at once, and the token is accepted', async () => {
    expect(await status(provider.token())).toBe(200);
    const before = provider.token();
    provider.rotate();
    expect(await status(provider.token())).toBe(200);
    expect(provider.requests).toEqual([DISCOVERY_PATH, KEYS_PATH, KEYS_PATH]);
    // Its key is no longer published.
    expect(await status(before)).toBe(401);
  });

  it('is 401 without a look-up within 30 s of the last one', async () => {
    expect(await status(provider.token())).toBe(200);
    expect(await status(unknownKid())).toBe(401);
    provider.rotate();
    pass(30_000 - 1);
    expect(await status(provider.token())).toBe(401);
    expect(countOf(KEYS_PATH)).toBe(2);
    pass(1);
    expect(await status(provider.token())).toBe(200);
    expect(countOf(KEYS_PATH)).toBe(3);
  });

  it('a flood of unknown key IDs causes one look-up, and known keys go on working', async () => {
    expect(await status(provider.token())).toBe(200);
    for (let calls = 0; calls < 30; calls += 1) expect(await status(unknownKid())).toBe(401);
    expect(await status(provider.token())).toBe(200);
    expect(provider.requests).toEqual([DISCOVERY_PATH, KEYS_PATH, KEYS_PATH]);
    expect(twilio.sandbox.requestsTo('iam')).toEqual([]);
  });

  it('a flood of unknown key IDs in a new process causes no look-up beyond the first read', async () => {
    for (let calls = 0; calls < 30; calls += 1) expect(await status(unknownKid())).toBe(401);
    expect(provider.requests).toEqual([DISCOVERY_PATH, KEYS_PATH]);
    expect(await status(provider.token())).toBe(200);
  });

  it('that could not be looked up is 502, never 401, and is not looked up again within 30 s', async () => {
    expect(await status(provider.token())).toBe(200);
    const known = provider.token();
    provider.rotate();
    provider.trouble.keys = sendJson(...broken);
    expect(await show(provider.token())).toMatchObject({ status: 502, body: { code: 'upstream_error' } });
    const asked = countOf(KEYS_PATH);
    expect(await status(provider.token())).toBe(502);
    expect(countOf(KEYS_PATH)).toBe(asked);
    expect(await status(known)).toBe(200);
    provider.trouble.keys = undefined;
    pass(30_000);
    expect(await status(provider.token())).toBe(200);
  });

  it('in an empty key set is 502, and the known keys go on working', async () => {
    expect(await status(provider.token())).toBe(200);
    const known = provider.token();
    provider.rotate();
    provider.keys = [];
    expect(await status(provider.token())).toBe(502);
    expect(await status(known)).toBe(200);
  });
});

it('a provider that lists no usable key after 10 minutes has withdrawn its keys: 502, until it lists one', async () => {
  expect(await status(provider.token())).toBe(200);
  const withdrawn = provider.token();
  provider.keys = [];
  pass(9 * MINUTES);
  expect(await status(withdrawn)).toBe(200);
  pass(2 * MINUTES);
  for (let calls = 0; calls < 2; calls += 1) expect(await status(withdrawn)).toBe(502);
  provider.rotate();
  expect(await status(provider.token())).toBe(200);
  expect(await status(withdrawn)).toBe(401);
});

describe('a provider that is down', () => {
  it('after its keys were known: they go on working, though they are old, and are read again every 30 s', async () => {
    expect(await status(provider.token())).toBe(200);
    provider.trouble = { discovery: sendJson(...broken), keys: sendJson(...broken) };
    pass(11 * MINUTES);
    for (let calls = 0; calls < 3; calls += 1) expect(await status(provider.token())).toBe(200);
    expect(countOf(DISCOVERY_PATH)).toBe(2);
    pass(30_000);
    expect(await status(provider.token())).toBe(200);
    expect(countOf(DISCOVERY_PATH)).toBe(3);
    provider.trouble = {};
    pass(30_000);
    expect(await status(provider.token())).toBe(200);
    expect(countOf(KEYS_PATH)).toBe(2);
  });

  it.each([
    ['a page', (_: unknown, response: ServerResponse) => response.end('<h1>Maintenance</h1>')],
    ['404', sendJson({}, 404)],
    ['no list of keys', sendJson({})],
  ])('and responds with %s: the known keys go on working, though they are old', async (_, keys) => {
    expect(await status(provider.token())).toBe(200);
    provider.trouble.keys = keys;
    pass(11 * MINUTES);
    expect(await status(provider.token())).toBe(200);
  });

  it.each([500, 501, 429, 503])('with status %d and no keys known is 502', async (code) => {
    provider.trouble.discovery = sendJson({}, code, { 'Retry-After': '30' });
    const answer = await show(provider.token());
    expect(answer).toMatchObject({ status: 502, headers: { 'retry-after': '30' }, body: { code: 'upstream_error' } });
    expect(answer.body.message).toMatch(/unavailable/);
    expect(answer.body).not.toHaveProperty('upstream');
  });

  it.each(['discovery', 'keys'] as const)('that hangs at %s, with no keys known, is 504 within 9 s', async (where) => {
    provider.trouble[where] = () => {};
    const path = where === 'discovery' ? DISCOVERY_PATH : KEYS_PATH;
    const answer = await onTestClock(
      () => show(provider.token()),
      (attempts) => provider.requests.length === attempts && provider.requests.at(-1) === path,
    );
    expect(answer).toMatchObject({ status: 504, body: { code: 'upstream_timeout' } });
    expect(answer.ms).toBeLessThan(9000);
    expect(countOf(path)).toBeGreaterThan(1);
    expect(twilio.sandbox.requests).toEqual([]);
  });

  it('that hangs is named in the error of the attempt that timed out', async () => {
    provider.trouble.discovery = () => {};
    const reading = readDiscovery(provider.issuer, new UpstreamCall(performance.now() + 100));
    await expect(reading).rejects.toMatchObject({ code: 'upstream_timeout', options: { reason: 'discovery' } });
  });

  it('that hangs once its keys are known leaves time for Twilio: the known keys go on working', async () => {
    expect(await status(provider.token())).toBe(200);
    const before = provider.requests.length;
    provider.trouble.discovery = () => {};
    jest.restoreAllMocks();
    const answer = await onTestClock(
      () => {
        jest.setSystemTime(Date.now() + 11 * MINUTES);
        return show(provider.token());
      },
      (attempts) => provider.requests.length - before === attempts,
    );
    expect(answer).toMatchObject({ status: 200 });
    expect(countOf(DISCOVERY_PATH)).toBeGreaterThan(1);
  });

  it('with refused connections and no keys known is 502', async () => {
    const bearer = provider.token();
    const { settings } = provider;
    await provider.close();
    expect(await call(lookup, { ...twilio.settings, ...settings }, { bearer })).toMatchObject({
      status: 502,
      body: { message: expect.stringMatching(/^The identity provider could not be reached/) },
      log: [{ reason: 'discovery: ECONNREFUSED' }],
    });
    provider = await startProvider();
  });
});

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import fc from 'fast-check';
import { readErrors, signInErrors, trimErrors } from '../../build/sign-in-errors';
import { Buffer as BufferStandIn } from '../../build/stand-ins/buffer';
import mapKeysStandIn from '../../build/stand-ins/lodash-map-keys';
import transformStandIn from '../../build/stand-ins/lodash-transform';
import { datadogRum } from '../../build/stand-ins/no-datadog';
import { stringify as stringifyStandIn } from '../../build/stand-ins/query-string';
import sha256 from '../../build/stand-ins/sha256';
import { withoutTelemetry, withTelemetry } from '../../build/stand-ins/table';
import { assertKnownUses, trimSdk } from '../../build/trim-sdk';
import { runBundled } from '../login/support/bundled';
import { ACCOUNT_SID } from '../login/support/service';

const ROOT = resolve(__dirname, '../..');

// What the SDK itself would get, found from where it lies.
const sdk = createRequire(createRequire(__filename).resolve('@twilio/flex-sdk'));
const original = (name: string): unknown => sdk(name);
const call = (name: string, ...args: unknown[]): unknown =>
  (original(name) as (...args: unknown[]) => unknown)(...args);

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,7}$/);
/** Keys as Twilio writes them, and as the SDK does. */
const key = fc.oneof(
  fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join('_')),
  fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join('-')),
  fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_]{0,15}$/),
);
// An object literal cannot have a field of this name.
const fieldName = fc.string({ minLength: 1 }).filter((name) => name !== '__proto__');
/** `1st` is one word to lodash and two to the stand-in. */
const ORDINAL = /\d(st|nd|rd|th)/i;
const value = fc.oneof(
  fc.string(),
  fc.double({ noNaN: true }),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
);

describe('each stand-in gives what the original does', () => {
  it.each(['camelCase', 'snakeCase'])('lodash/%s, for the keys of an API', async (name) => {
    const keys = fc.sample(key, 3000).filter((one) => !ORDINAL.test(one));
    const lines = (from: string) => `
      import rename from '${from}';
      globalThis.result = ${JSON.stringify(keys)}.map((key) => rename(key))`;
    const bundled = await runBundled(
      lines('es-toolkit/string').replace('import rename', `import { ${name} as rename }`),
      undefined,
    );
    expect(bundled.result).toEqual(keys.map((one) => call(`lodash/${name}`, one)));
  });

  it('nothing that the SDK names is an ordinal, which the stand-in for lodash/camelCase would write differently', () => {
    const types = readFileSync(sdk.resolve('@twilio/flex-sdk').replace(/index\.js$/, 'index.d.ts'), 'utf8');
    expect(types).toContain('flexUserSid');
    expect(types.match(/\b\w*\d(st|nd|rd|th)\w*\b/gi)).toBeNull();
  });

  it('lodash/mapKeys, for any JSON from a server', () => {
    const rename = (_: unknown, name: string) => `x_${name}`;
    fc.assert(
      fc.property(fc.oneof(fc.dictionary(key, fc.jsonValue()), fc.jsonValue()), (json) => {
        expect(mapKeysStandIn(json, rename)).toEqual(call('lodash/mapKeys', json, rename));
      }),
    );
  });

  it('lodash/transform, for any JSON from a server', () => {
    const step = (result: Record<string, unknown>, one: unknown, name: string) => {
      result[`x_${name}`] = one;
    };
    fc.assert(
      fc.property(fc.oneof(fc.dictionary(key, fc.jsonValue()), fc.jsonValue()), (json) => {
        const expected: unknown = call('lodash/transform', Object(json), step, {});
        // Text is never given to it, and lodash does not take it apart.
        fc.pre(typeof json !== 'string');
        expect(transformStandIn(json, step, {})).toEqual(expected);
      }),
    );
  });

  it('query-string, for flat fields, with and without encoding and sorting', () => {
    const { stringify } = original('query-string') as { stringify: typeof stringifyStandIn };
    const options = fc.record(
      { encode: fc.boolean(), sort: fc.constantFrom(false as const, undefined) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.dictionary(fieldName, value), options, (fields, how) => {
        const given = how.sort === undefined ? { encode: how.encode ?? true } : { ...how, sort: how.sort };
        expect(stringifyStandIn(fields, given)).toBe(stringify(fields, given));
      }),
    );
  });

  it('crypto-js/sha256, for text of every length around a block', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ minLength: 50, maxLength: 140 }));
    fc.assert(
      fc.property(text, (message) => {
        expect(sha256(message).toString()).toBe(createHash('sha256').update(message).digest('hex'));
      }),
      { numRuns: 2000 },
    );
    for (let length = 0; length <= 200; length++) {
      const message = 'a'.repeat(length);
      expect(sha256(message).toString()).toBe(String(call('crypto-js/sha256', message)));
    }
  });

  it('buffer, for a hash', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const hex = Buffer.from(bytes).toString('hex');
        expect(BufferStandIn.from(hex, 'hex').toString('base64')).toBe(Buffer.from(hex, 'hex').toString('base64'));
      }),
    );
  });

  it.each([
    ['buffer', () => BufferStandIn.from('text', 'utf8')],
    ['buffer', () => BufferStandIn.from('zz', 'hex')],
    ['buffer', () => BufferStandIn.from('00', 'hex').toString('utf8')],
    ['query-string', () => stringifyStandIn({ list: ['a'] as unknown as string })],
    ['query-string', () => stringifyStandIn({}, { arrayFormat: 'comma' } as object)],
  ])('%s, and refuses what it does not do', (_, use) => {
    expect(use).toThrow(TypeError);
  });

  it('graphql-ws, of which twilio-taskrouter uses nothing that its client alone lacks', () => {
    const source = readFileSync(sdk.resolve('twilio-taskrouter').replace('commonjs2', 'window'), 'utf8');
    const missing = Object.keys(original('graphql-ws') as object).filter(
      (name) => !(name in (original(join(dirname(sdk.resolve('graphql-ws')), 'client.js')) as object)),
    );
    expect(source).toMatch(/\.createClient\)?\(/);
    expect(missing).toContain('makeServer');
    expect(missing.filter((name) => new RegExp(`\\.${name}\\b`).test(source))).toEqual([]);
  });

  it('no telemetry, which has the members of the real one that the SDK uses', () => {
    expect(Object.keys(datadogRum).sort()).toEqual([...(withoutTelemetry['@datadog/browser-rum']?.uses ?? [])].sort());
  });
});

describe('the errors of the SDK that the page is left with', () => {
  const path = join(ROOT, 'node_modules/@twilio/flex-sdk/esm/src/modules/error/ErrorCode/ErrorCodes.js');

  it('are as the SDK has them, and fewer', async () => {
    const all = await readErrors(path);
    const kept = trimErrors(all);
    expect(all).toMatchObject(kept);
    expect(Object.keys(kept.ErrorCode).length).toBeLessThan(Object.keys(all.ErrorCode).length / 2);
  });

  it('are all that the sign-in part names', async () => {
    const { metafile } = await build({
      entryPoints: [join(ROOT, 'src/login/page.ts')],
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      logLevel: 'error',
      absWorkingDir: ROOT,
      outdir: 'unwritten',
      plugins: [signInErrors, trimSdk(withoutTelemetry)],
    });
    const [output] = Object.values(metafile.outputs);
    const bundled = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
    const sources = bundled
      .map(([file]) => file)
      .filter((file) => /flex-sdk\/esm\/src\/.*(?<!ErrorCodes)\.js$/.test(file))
      .map((file) => readFileSync(join(ROOT, file), 'utf8'));
    const named = sources.flatMap((source) => {
      const name = /\bErrorCode as (\w+)/.exec(source)?.[1];
      return name ? [...source.matchAll(new RegExp(`(?<![\\w$.])${name}\\.(\\w+)`, 'g'))].map(([, code]) => code) : [];
    });
    const { ErrorCode } = trimErrors(await readErrors(path));
    expect(named).toContain('NetworkError');
    expect(named.filter((code) => !(code && code in ErrorCode))).toEqual([]);
  });
});

describe('the sign-in functions of the SDK do the same with the stand-ins as without', () => {
  const answers = {
    '/v1/Flex/Authentication/Config': {
      config_list: [{ account_sid: ACCOUNT_SID, connection_name: 'JB1', client_id: 'c', active: true, app_type: null }],
    },
    '/v1/Flex/OAuth/Tokens': { access_token: 'a', refresh_token: 'r', token_info: { flex_user_sid: 'FU1' } },
    [`/v1/Accounts/${ACCOUNT_SID}/Tokens/Info`]: {
      expiration: '2030-01-01T12:00:00Z',
      roles: ['agent'],
      identity: 'a',
      realm_user_id: null,
      permissions: [{ a_b: [{ c_d: 1 }, null] }],
      nested: { deep_key: { deeper_key: true } },
    },
  };

  it.each([
    [
      'getLoginDetails',
      `{ clientId: 'c d/ü', ssoProfileSid: 'JB1', redirectUrl: 'https://a.example/login.html?x=1&y=ü' }`,
    ],
    ['getAuthenticationConfig', `{ accountSid: '${ACCOUNT_SID}' }`],
    ['exchangeToken', `{ code: 'c', codeVerifier: 'v', nonce: 'n', ssoProfileSid: 'JB1' }`],
    ['refreshToken', `{ refreshToken: 'r', ssoProfileSid: 'JB1' }`],
    ['validateToken', `'${ACCOUNT_SID}', "token with signs: +&=%ü!'()*"`],
  ])('%s', async (name, parameters) => {
    const lines = `import { ${name} } from '@twilio/flex-sdk'; globalThis.result = ${name}(${parameters})`;
    const [ours, theirs] = await Promise.all([
      runBundled(lines, withoutTelemetry, answers),
      runBundled(lines, undefined, answers),
    ]);
    expect(ours).toEqual(theirs);
    expect(ours.result).toBeTruthy();
  });

  it('and the version of the SDK', async () => {
    const lines = `import { version } from '@twilio/flex-sdk'; globalThis.result = version`;
    const [ours, theirs] = await Promise.all([runBundled(lines, withTelemetry), runBundled(lines, undefined)]);
    expect(ours).toEqual(theirs);
  });
});

describe('an update of the SDK that uses more of something than its stand-in has', () => {
  it.each([
    ['query-string', `import N from"query-string";N.stringify(a);N.parse(b)`, 'parse'],
    ['query-string', `import{stringify as s,parse as p}from"query-string";s(a);p.x()`, 'x'],
    ['buffer', `import{Buffer as e}from"buffer";e.from(x);e.alloc(3)`, 'alloc'],
    ['lodash/mapKeys', `import m from"lodash/mapKeys";m(a,b);m.placeholder`, 'placeholder'],
  ])('of %s fails the build: %s', (path, source, use) => {
    const standIn = withTelemetry[path];
    expect(() => standIn && assertKnownUses(source, path, standIn, 'sdk.js')).toThrow(`uses "${use}" of ${path}`);
  });
});

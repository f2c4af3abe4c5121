import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { handler as config } from '../../src/functions/config';
import { handler as lookup } from '../../src/functions/lookup';
import { readAllowedOrigins, readSettings } from '../../src/settings/settings';
import { flexApiHost } from '../../src/twilio/flex-api';
import { backendKey } from '../support/backend-keys';
import { call } from '../support/call';

const ACCOUNT_SID = `AC${'0123456789abcdef'.repeat(2)}`;
const REQUIRED = { ACCOUNT_SID, AUTH_TOKEN: 'the-auth-token' };

it('has a default for every setting but the credentials', () => {
  expect(readSettings(REQUIRED)).toEqual({
    accountSid: ACCOUNT_SID,
    credentials: { kind: 'auth-token', authToken: 'the-auth-token' },
    flexInstanceSid: undefined,
    allowedOrigins: [],
    maxTokenTtlSeconds: 3600,
    backendKeys: [],
    region: undefined,
    edge: undefined,
    telemetry: false,
    logLevel: 'error',
  });
});

it('checks what has not changed no second time', () => {
  const settings = readSettings(REQUIRED);
  expect(readSettings({ ...REQUIRED })).toBe(settings);
  expect(readSettings({ ...REQUIRED, LOG_LEVEL: 'warn' })).not.toBe(settings);
});

it('takes an empty value for a missing one', () => {
  const names = [
    'API_KEY',
    'API_SECRET',
    'FLEX_INSTANCE_SID',
    'ALLOWED_ORIGINS',
    'MAX_TOKEN_TTL',
    'BACKEND_KEYS',
    'TWILIO_REGION',
    'TWILIO_EDGE',
    'TELEMETRY',
    'LOG_LEVEL',
  ];
  for (const empty of ['', '  ', null]) {
    const emptied = Object.fromEntries(names.map((name) => [name, empty]));
    expect(readSettings({ ...REQUIRED, ...emptied })).toEqual(readSettings(REQUIRED));
  }
});

it('reads what is set', () => {
  const web = backendKey('web', 'lookup', 'mint');
  const settings = readSettings({
    ...REQUIRED,
    FLEX_INSTANCE_SID: `GO${'a'.repeat(32)}`,
    ALLOWED_ORIGINS: 'https://a.example, https://b.example:8443/,',
    MAX_TOKEN_TTL: '900',
    BACKEND_KEYS: `${web.entry},`,
    TWILIO_REGION: 'ie1',
    TWILIO_EDGE: 'dublin',
    TELEMETRY: 'TRUE',
    LOG_LEVEL: 'Warn',
  });
  expect(settings).toMatchObject({
    allowedOrigins: ['https://a.example', 'https://b.example:8443'],
    maxTokenTtlSeconds: 900,
    backendKeys: [{ name: 'web', scopes: ['lookup', 'mint'] }],
    telemetry: true,
    logLevel: 'warn',
  });
  expect(flexApiHost(settings)).toBe('flex-api.dublin.ie1.twilio.com');
});

it.each([
  [{}, 'flex-api.twilio.com'],
  [{ TWILIO_REGION: 'ie1' }, 'flex-api.ie1.twilio.com'],
  [{ TWILIO_EDGE: 'dublin' }, 'flex-api.dublin.us1.twilio.com'],
])('with %j, Flex is at %s', (where, host) => {
  expect(flexApiHost(readSettings({ ...REQUIRED, ...where }))).toBe(host);
});

it('prefers an API key to the Auth Token if both of its parts are set', () => {
  const key = { API_KEY: `SK${'0'.repeat(32)}`, API_SECRET: 'the-secret' };
  expect(readSettings({ ...REQUIRED, ...key }).credentials).toEqual({
    kind: 'api-key',
    sid: key.API_KEY,
    secret: 'the-secret',
  });
  expect(readSettings({ ACCOUNT_SID, ...key }).credentials.kind).toBe('api-key');
  expect(readSettings({ ...REQUIRED, API_KEY: key.API_KEY }).credentials.kind).toBe('auth-token');
});

const hash = 'a'.repeat(64);

it.each([
  ['ACCOUNT_SID', undefined],
  ['ACCOUNT_SID', ''],
  ['ACCOUNT_SID', 'AC../../Secret'],
  ['AUTH_TOKEN', undefined],
  ['AUTH_TOKEN', ''],
  ['FLEX_INSTANCE_SID', 'GOsecret'],
  ['FLEX_INSTANCE_SID', `GO${'a'.repeat(32)}/..`],
  ['ALLOWED_ORIGINS', '*'],
  ['ALLOWED_ORIGINS', 'secret.example.com'],
  ['ALLOWED_ORIGINS', 'https://secret.example.com/path'],
  ['MAX_TOKEN_TTL', '0'],
  ['MAX_TOKEN_TTL', '-5'],
  ['MAX_TOKEN_TTL', '1.5'],
  ['MAX_TOKEN_TTL', '1h'],
  ['BACKEND_KEYS', 'fbk_web.secret'],
  ['BACKEND_KEYS', `web::${hash}`],
  ['BACKEND_KEYS', `web:everything:${hash}`],
  ['BACKEND_KEYS', `web:mint:${hash}0`],
  ['BACKEND_KEYS', `we b:mint:${hash}`],
  ['BACKEND_KEYS', `web:mint+:${hash}`],
  ['TWILIO_REGION', 'evil.example/secret'],
  ['TWILIO_EDGE', 'secret@evil.example'],
  ['TELEMETRY', 'secret'],
  ['LOG_LEVEL', 'secret'],
])('if %s is %j, returns 500 with its name and not its value', async (name, value) => {
  const web = backendKey('web', 'lookup');
  const settings = { ...REQUIRED, BACKEND_KEYS: web.entry, [name]: value };
  for (const answer of [
    await call(config, settings),
    await call(lookup, settings, { bearer: web.key, fields: { username: 'a' } }),
  ]) {
    expect(answer).toMatchObject({
      status: 500,
      headers: { 'cache-control': 'no-store' },
      body: {
        status: 500,
        code: 'misconfigured',
        message: expect.stringMatching(new RegExp(`: ${name} (must be|is missing)[^;]{6,}\\.$`)),
      },
    });
    expect(JSON.stringify(answer)).not.toMatch(/secret\b|the-auth-token/);
  }
});

it('reads the valid origins if other settings are malformed', () => {
  const ALLOWED_ORIGINS = ' https://a.example,, nonsense, *, https://b.example:8443/ ';
  expect(readAllowedOrigins({ ALLOWED_ORIGINS })).toStrictEqual(['https://a.example', 'https://b.example:8443']);
  for (const none of [undefined, '', 7]) expect(readAllowedOrigins({ ALLOWED_ORIGINS: none })).toStrictEqual([]);
});

it('says that a setting must be text, without its value', async () => {
  for (const name of [
    'AUTH_TOKEN',
    'FLEX_INSTANCE_SID',
    'ALLOWED_ORIGINS',
    'MAX_TOKEN_TTL',
    'TELEMETRY',
    'LOG_LEVEL',
  ]) {
    const { status, body } = await call(config, { ...REQUIRED, [name]: 12345 });
    expect({ status, message: body.message }).toEqual({
      status: 500,
      message: expect.stringContaining(`${name} must be text`),
    });
    expect(body.message).not.toContain('12345');
  }
});

it('names all settings that are wrong at once', async () => {
  const { body, log } = await call(config, { LOG_LEVEL: 'loud', MAX_TOKEN_TTL: 'long' });
  const reason = expect.stringMatching(/MAX_TOKEN_TTL .*LOG_LEVEL must be /);
  expect(log).toMatchObject([{ outcome: 'misconfigured', reason }]);
  expect(JSON.stringify(log)).not.toMatch(/loud|long/);
  for (const name of ['ACCOUNT_SID', 'AUTH_TOKEN', 'LOG_LEVEL', 'MAX_TOKEN_TTL']) expect(body.message).toContain(name);
  expect(body.message).toMatch(/; MAX_TOKEN_TTL .*; LOG_LEVEL .* trace, debug, info, warn, error, silent; AUTH_TOKEN /);
});

it('malformed settings are reported to every caller, with credentials or without', async () => {
  expect(await call(lookup, {})).toMatchObject({ status: 500, body: { code: 'misconfigured' } });
  expect(await call(lookup, {}, { bearer: 'fbk_a.b' })).toMatchObject({ status: 500, body: { code: 'misconfigured' } });
});

it('hands login.html what is set, and nothing secret', async () => {
  const web = backendKey('web', 'lookup');
  const answer = await call(config, {
    ...REQUIRED,
    API_KEY: `SK${'0'.repeat(32)}`,
    API_SECRET: 'the-secret',
    BACKEND_KEYS: web.entry,
    ALLOWED_ORIGINS: 'https://a.example',
    TWILIO_REGION: 'ie1',
    TWILIO_EDGE: 'dublin',
    TELEMETRY: 'true',
    LOG_LEVEL: 'info',
  });
  expect(answer.body).toEqual({
    account_sid: ACCOUNT_SID,
    allowed_origins: ['https://a.example'],
    region: 'ie1',
    edge: 'dublin',
    telemetry: true,
    log_level: 'info',
  });
});

it('gives login.html no region and no edge if none is set', async () => {
  const { body } = await call(config, REQUIRED);
  expect(Object.keys(body)).toEqual(['account_sid', 'allowed_origins', 'telemetry', 'log_level']);
});

it.each([
  ['an API_KEY alone', { API_KEY: 'SK1' }],
  ['an API_SECRET alone', { API_SECRET: 's' }],
])('takes %s for none', async (_, half) => {
  const { AUTH_TOKEN: __, ...rest } = REQUIRED;
  const { status, body } = await call(config, { ...rest, ...half });
  expect({ status, message: body.message }).toEqual({ status: 500, message: expect.stringMatching(/: AUTH_TOKEN is/) });
});

describe('.env.example', () => {
  const example = parseEnv(readFileSync(join(__dirname, '../../.env.example'), 'utf8'));

  it('lists every setting, and sets none', () => {
    expect(Object.keys(example).sort()).toEqual(
      [
        'ACCOUNT_SID',
        'AUTH_TOKEN',
        'API_KEY',
        'API_SECRET',
        'FLEX_INSTANCE_SID',
        'ALLOWED_ORIGINS',
        'MAX_TOKEN_TTL',
        'BACKEND_KEYS',
        'TWILIO_REGION',
        'TWILIO_EDGE',
        'OIDC_ISSUER',
        'OIDC_AUDIENCE',
        'OIDC_USERNAME_CLAIM',
        'OIDC_ROLES_CLAIM',
        'OIDC_ROLES',
        'OIDC_PROVISION',
        'TELEMETRY',
        'LOG_LEVEL',
      ].sort(),
    );
    expect(Object.values(example).filter((value) => value !== '')).toEqual([]);
  });
});

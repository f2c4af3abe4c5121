import fc from 'fast-check';
import { ApiError } from '../../src/errors';
import { parseOrigin } from '../../src/settings/origin';
import { readAllowedOrigins, readSettings } from '../../src/settings/settings';
import { isAccountSid, isFlexInstanceSid } from '../../src/settings/sids';
import { anyText, hex32, sid, tries } from '../support/arbitraries';

const key = fc.tuple(hex32, hex32).map(([first, last]) => `crm:lookup+mint:${first}${last}`);
const GOOD: Readonly<Record<string, fc.Arbitrary<string>>> = {
  ACCOUNT_SID: sid('AC'),
  AUTH_TOKEN: hex32,
  API_KEY: sid('SK'),
  API_SECRET: hex32,
  FLEX_INSTANCE_SID: sid('GO'),
  ALLOWED_ORIGINS: fc.constantFrom('', 'https://app.example.com', 'https://a.example , http://b.example:8080/'),
  MAX_TOKEN_TTL: fc.integer({ min: 1, max: 86_400 }).map(String),
  BACKEND_KEYS: fc.array(key, { maxLength: 3 }).map((keys) => keys.join(',')),
  TWILIO_REGION: fc.constantFrom('us1', 'ie1', 'au1'),
  TWILIO_EDGE: fc.constantFrom('dublin', 'sydney'),
  TELEMETRY: fc.constantFrom('true', 'false', 'TRUE'),
  LOG_LEVEL: fc.constantFrom('error', 'debug', 'SILENT'),
};
const NAMES = Object.keys(GOOD);

/** Found in a message, it can only have come from a value. */
const MARKER = 'mArKeR';
const marked = fc.tuple(anyText, anyText).map(([before, after]) => `${before}${MARKER}${after}`);

const environment = (bad: fc.Arbitrary<string>) =>
  fc.record(
    Object.fromEntries(
      Object.entries(GOOD).map(([name, good]) => [
        name,
        fc.oneof({ weight: 4, arbitrary: good }, { weight: 1, arbitrary: bad }),
      ]),
    ),
    { requiredKeys: ['ACCOUNT_SID'] },
  );

function read(variables: Readonly<Record<string, unknown>>) {
  try {
    return { settings: readSettings(variables) };
  } catch (error) {
    if (error instanceof ApiError) return { error };
    throw error;
  }
}

describe('readSettings', () => {
  it('makes of any strings either settings that hold, or `misconfigured` that names what is wrong', () => {
    fc.assert(
      fc.property(environment(anyText), (variables) => {
        const { settings, error } = read(variables);
        if (error) {
          expect(error.code).toBe('misconfigured');
          expect(NAMES.some((name) => error.message.includes(name))).toBe(true);
          return;
        }
        expect(isAccountSid(settings.accountSid)).toBe(true);
        expect(settings.flexInstanceSid === undefined || isFlexInstanceSid(settings.flexInstanceSid)).toBe(true);
        expect(settings.maxTokenTtlSeconds).toBeGreaterThanOrEqual(1);
        expect(Number.isInteger(settings.maxTokenTtlSeconds)).toBe(true);
        for (const origin of settings.allowedOrigins) expect(parseOrigin(origin)).toBe(origin);
        for (const { hash, scopes } of settings.backendKeys) {
          expect(hash).toHaveLength(32);
          expect(scopes.length).toBeGreaterThan(0);
        }
        for (const label of [settings.region, settings.edge]) expect(label ?? 'x').toMatch(/^[a-z0-9-]+$/i);
        expect(typeof settings.telemetry).toBe('boolean');
        expect(['trace', 'debug', 'info', 'warn', 'error', 'silent']).toContain(settings.logLevel);
      }),
      tries(1000),
    );
  });

  it('says nothing of a value in its message, whichever setting it stands in', () => {
    fc.assert(
      fc.property(environment(marked), (variables) => {
        const { error } = read(variables);
        expect(error?.message ?? '').not.toContain(MARKER);
        expect(JSON.stringify(error?.toBody() ?? '')).not.toContain(MARKER);
        for (const secret of [variables.AUTH_TOKEN, variables.API_SECRET]) {
          if (secret && secret.length > 8) expect(error?.message ?? '').not.toContain(secret);
        }
      }),
      tries(1000),
    );
  });

  it('names every setting that is malformed at once, and no other', () => {
    const bad = [
      'FLEX_INSTANCE_SID',
      'ALLOWED_ORIGINS',
      'MAX_TOKEN_TTL',
      'BACKEND_KEYS',
      'TWILIO_REGION',
      'TELEMETRY',
      'LOG_LEVEL',
    ];
    const good = { ACCOUNT_SID: `AC${'0'.repeat(32)}`, AUTH_TOKEN: 'x' };
    fc.assert(
      fc.property(fc.subarray(bad, { minLength: 1 }), (chosen) => {
        const { error } = read({ ...good, ...Object.fromEntries(chosen.map((name) => [name, `*${MARKER}*`])) });
        for (const name of bad) expect(error?.message.includes(name) ?? false).toBe(chosen.includes(name));
      }),
      tries(100),
    );
  });

  it('takes a setting that is empty or blank for one that is missing', () => {
    fc.assert(
      fc.property(
        environment(hex32),
        fc.subarray(NAMES),
        fc.constantFrom('', ' ', '\t\n'),
        (variables, chosen, blank) => {
          const without = Object.fromEntries(Object.entries(variables).filter(([name]) => !chosen.includes(name)));
          const blanked = { ...without, ...Object.fromEntries(chosen.map((name) => [name, blank])) };
          const [one, other] = [read(without), read(blanked)];
          expect(other.settings).toEqual(one.settings);
          expect(other.error?.message).toBe(one.error?.message);
        },
      ),
      tries(300),
    );
  });
});

describe('readAllowedOrigins', () => {
  it('reads the origins that are right out of any text, even beside ones that are wrong', () => {
    const right = fc.constantFrom('https://app.example.com', 'http://b.example:8080');
    fc.assert(
      fc.property(fc.array(fc.oneof(right, anyText), { maxLength: 5 }), (parts) => {
        const origins = readAllowedOrigins({ ALLOWED_ORIGINS: parts.join(',') });
        for (const origin of origins) expect(parseOrigin(origin)).toBe(origin);
        for (const part of parts) {
          if (part === 'https://app.example.com') expect(origins).toContain(part);
        }
      }),
      tries(500),
    );
  });
});

import fc from 'fast-check';

/** How often a property is tried. There is no limit in seconds: on a slow machine, it would end the search early. */
export const tries = (numRuns: number) => ({ numRuns });

const HEX = '0123456789abcdef';

export const hex32 = fc.string({ unit: fc.constantFrom(...HEX), minLength: 32, maxLength: 32 });

/** Exactly a SID: the two letters of its kind and 32 hexadecimal digits, of either case. */
export const sid = (prefix: string) =>
  fc.tuple(hex32, fc.boolean()).map(([digits, isUpper]) => prefix + (isUpper ? digits.toUpperCase() : digits));

const SID_DIGITS = `${HEX}${HEX}`;

/** Almost a Flex user SID. Each would change the path of a URL, or names another user. */
export const brokenSid: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    'FU',
    'FU../../../Users/Provision',
    '../../x',
    '..%2f..%2fx',
    '%2e%2e',
    '.',
    `FU${SID_DIGITS}/Tokens`,
    `FU${SID_DIGITS}?x=1`,
    `FU${SID_DIGITS}#`,
    `FU${SID_DIGITS}%00`,
    `FU${SID_DIGITS}\n`,
    `FU${SID_DIGITS}0`,
    `FU${SID_DIGITS.slice(1)}`,
    `fu${SID_DIGITS}`,
    `Fu${SID_DIGITS}`,
    `AC${SID_DIGITS}`,
    `GO${SID_DIGITS}`,
    ` FU${SID_DIGITS}`,
    `FU${SID_DIGITS.slice(1)}g`,
    `FU${SID_DIGITS.slice(1)}/`,
    `FU${'٠'.repeat(32)}`, // Arabic-Indic digits
    `FU${'０'.repeat(32)}`, // full-width digits
    `ＦＵ${SID_DIGITS}`,
    `FU${'а'.repeat(32)}`, // Cyrillic
  ),
  // One character of a good one is changed.
  fc
    .tuple(sid('FU'), fc.nat(33), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }))
    .map(([good, at, character]) => good.slice(0, at) + character + good.slice(at + 1))
    .filter((text) => !/^FU[0-9a-fA-F]{32}$/.test(text)),
);

/** Any text, and above all the kind that trips parsers, URLs, headers and look-ups by name. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  // UTF-16 that is not Unicode: halves of surrogate pairs.
  fc.array(fc.integer({ min: 0xd7f0, max: 0xe010 }), { maxLength: 6 }).map((codes) => String.fromCharCode(...codes)),
  brokenSid,
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '..',
    '../../x',
    '%2e%2e%2f',
    '%',
    'a\r\nX-Injected: 1',
    'a&Username=b',
    'a#b?c=d',
    '__proto__',
    'constructor',
    'toString',
    'undefined',
    'null',
    'true',
    '0',
    '-1',
    '1e3',
    '60',
    '999999999999999999999',
    '{}',
    '[]',
    '{"__proto__":{"attributes":{}}}',
    'agent',
    'admin,admin',
    '\u202eadmin',
    '\ufeff',
    'x'.repeat(256),
    'x'.repeat(257),
    '𝒳'.repeat(256),
    '𝒳'.repeat(257),
  ),
);

/** Names that mean something to JavaScript, to the platform, or to Twilio, and nothing to the Functions. */
const hostileName = fc.constantFrom(
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'toJSON',
  'length',
  'then',
  'FlexUserSid',
  'instance_sid',
  'account_sid',
  'deactivated',
  'valid',
  'locale',
  'worker_sid',
  'attributes',
);

/** An object of these entries alone; a name `__proto__` becomes a field like any other, as in `JSON.parse`. */
const objectOf = (value: fc.Arbitrary<unknown>) =>
  fc.array(fc.tuple(hostileName, value), { maxLength: 4 }).map((entries): object => Object.fromEntries(entries));

/** `{"a":{"a":…}}`, as deep as JSON allows and `JSON.stringify` does not. */
export const nested = (levels: number): object => JSON.parse(`${'{"a":'.repeat(levels)}0${'}'.repeat(levels)}`);

const DEEP = nested(20_000);
// So that a failure is not reported with all its levels.
Object.defineProperty(DEEP, fc.toStringMethod, { value: () => 'nested(20_000)' });

/** Any value that JSON can hold, and that `JSON.stringify` can write. */
export const plainJson: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 3, arbitrary: anyText },
  { weight: 1, arbitrary: fc.array(anyText, { maxLength: 3 }) },
  { weight: 2, arbitrary: objectOf(fc.jsonValue({ maxDepth: 2 })) },
  { weight: 1, arbitrary: fc.constantFrom(null, 0, -0, -1, 1, 1.5, 3601, 1e21, Number.MAX_VALUE, 5e-324, true, false) },
);

/** Any value that JSON can hold. */
export const anyJson: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 10, arbitrary: plainJson },
  { weight: 1, arbitrary: fc.constant(DEEP) },
);

/** Fields of a request: each of `good` is missing, valid, or any JSON value. One request in four has unknown fields too. */
export const fieldsLike = (
  good: Readonly<Record<string, fc.Arbitrary<unknown>>>,
  bad: fc.Arbitrary<unknown> = anyJson,
): fc.Arbitrary<object> =>
  fc
    .tuple(
      fc.record(
        Object.fromEntries(
          Object.entries(good).map(([name, arbitrary]) => [
            name,
            fc.oneof({ weight: 3, arbitrary }, { weight: 1, arbitrary: bad }),
          ]),
        ),
        { requiredKeys: [] },
      ),
      fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: objectOf(bad) }),
    )
    .map(([fields, others]) => Object.fromEntries([...Object.entries(others), ...Object.entries(fields)]));

/** What Twilio accepts as a name, in characters of the first plane, because the sandbox counts them in the same way. */
export const name = fc.oneof(
  fc.emailAddress(),
  fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 256 }),
  fc.constantFrom('x', '..', 'a/b?c#d&e=f%00', 'ünï@example.com', '\u202e', '__proto__'),
);

const role = fc.constantFrom('agent', 'supervisor', 'admin');

const attributes: fc.Arbitrary<object> = fc.oneof(
  fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4, noNullPrototype: true }),
  objectOf(fc.jsonValue({ maxDepth: 2 })),
);

/** What each Function reads, as it should be. */
export const PROVISION_FIELDS = {
  username: name,
  email: name,
  full_name: name,
  roles: fc.array(role, { minLength: 1, maxLength: 4 }),
  worker: fc.oneof(fc.constant({}), fc.record({ attributes })),
};

/** Any byte that can stand in the value of a header: all but the end of the line. */
export const headerBytes: fc.Arbitrary<Buffer> = fc
  .uint8Array({ maxLength: 60 })
  .map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0x0a && byte !== 0x0d)));

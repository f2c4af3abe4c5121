import { assertFlexTokenForm, findCredential, isSignedJwt } from '../../src/auth/credential';
import type { ApiError } from '../../src/errors';

const withAuthorization = (value: unknown, fields: Record<string, unknown> = {}) => ({
  ...fields,
  request: { headers: { authorization: value }, cookies: {} },
});

/** The error if no credential is found. */
function refusalOf(event: unknown): Pick<ApiError, 'code'> & { message: string; reason: string | undefined } {
  try {
    const credential = findCredential(event);
    if (credential.kind === 'token') assertFlexTokenForm(credential.token);
  } catch (thrown) {
    const { code, message, options } = thrown as ApiError;
    return { code, message, reason: options.reason };
  }
  throw new Error('a credential was found');
}

it.each(['Bearer abc', 'bearer abc', 'BEARER abc', 'Bearer   abc', 'Bearer \t abc'])(
  'reads a Flex token out of the header %j',
  (header) => {
    expect(findCredential(withAuthorization(header))).toEqual({ kind: 'token', token: 'abc' });
  },
);

it('reads a Flex token out of the field Token', () => {
  expect(findCredential({ Token: 'abc' })).toEqual({ kind: 'token', token: 'abc' });
});

it('reads a backend key out of the header alone', () => {
  expect(findCredential(withAuthorization('Bearer fbk_crm.abc'))).toEqual({ kind: 'backend-key', key: 'fbk_crm.abc' });
  expect(refusalOf({ Token: 'fbk_crm.abc' })).toMatchObject({
    code: 'invalid_token',
    reason: 'a backend key in the field Token',
  });
});

it('takes the header before the field', () => {
  expect(findCredential(withAuthorization('Bearer abc', { Token: 'def' }))).toMatchObject({ token: 'abc' });
  expect(refusalOf(withAuthorization('Bearer', { Token: 'def' })).code).toBe('invalid_token');
});

it.each(['Basic abc', 'xBearer abc', 'Bearerabc', 'Bearer-Token abc', '', 'abc', 7, null, { toString: 1 }])(
  'takes the header %j for none of ours, and the field instead',
  (header) => {
    expect(findCredential(withAuthorization(header, { Token: 'def' }))).toMatchObject({ token: 'def' });
    expect(refusalOf(withAuthorization(header)).code).toBe('missing_credentials');
  },
);

it('reads tokens up to 16 KiB', () => {
  const longest = 'x'.repeat(16_384);
  expect(findCredential(withAuthorization(`Bearer ${longest}`))).toMatchObject({ token: longest });
  expect(() => assertFlexTokenForm(longest)).not.toThrow();
  expect(refusalOf(withAuthorization(`Bearer ${longest}x`)).code).toBe('invalid_token');
});

it('logs why the credential is not a token', () => {
  expect(refusalOf(withAuthorization('Bearer a b')).reason).toBe('malformed token');
  expect(refusalOf({ Token: 12 }).reason).toBe('the field Token is not a string');
  expect(refusalOf(withAuthorization(['Bearer abc', 'Bearer def']))).toMatchObject({
    message: 'Several Authorization headers were sent. Send one.',
    reason: 'several Authorization headers',
  });
});

it('tells a signed JWT from a Flex token by its two dots', () => {
  for (const token of ['a.b.c', '..', 'a..']) expect(isSignedJwt(token)).toBe(true);
  for (const token of ['a', 'a.b', 'a.b.c.d', 'a.b.c.d.e', '']) expect(isSignedJwt(token)).toBe(false);
});

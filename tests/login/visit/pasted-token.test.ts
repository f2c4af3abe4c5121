import fc from 'fast-check';
import { parsePastedToken } from '../../../src/login/visit/pasted-token';

const token = fc.stringMatching(/^[A-Za-z0-9_-]{1,20}(\.[A-Za-z0-9_-]{0,20}){4}$/);

it.each([
  ['nothing else', '', ''],
  ['blanks and line breaks', ' \n', '\r\n\t'],
  ['straight quotes', '"', '"'],
  ['curly quotes', '“', '”'],
  ['the scheme of a header', 'Bearer ', ''],
  ['a whole header', 'Authorization: Bearer ', '\n'],
  ['the comma of a JSON field', '"', '",'],
])('finds the token inside %s', (_, before, after) => {
  fc.assert(fc.property(token, (text) => expect(parsePastedToken(before + text + after)).toBe(text)));
});

const TOKEN = 'eyJhbGciOiJkaXIifQ..abc-_DEF.ghi.jkl';

it.each([
  ['a zero-width space inside', `eyJhbGciOiJkaXIifQ.\u200b.abc-_DEF.ghi.jkl`],
  ['a byte order mark in front', `\ufeff${TOKEN}`],
  ['soft hyphens and joiners inside', TOKEN.replace('abc', 'a\u00adb\u2060\u200dc')],
  ['direction marks around it', `\u202a${TOKEN}\u202c\u200e`],
  ['a variation selector and a grapheme joiner', TOKEN.replace('ghi', 'g\ufe0fh\u034fi')],
  ['no-break spaces and line breaks', `\u00a0${TOKEN.replace('.ghi', '.\r\n ghi')}\u3000`],
  ['an invisible character inside the scheme', `Bea\u200brer ${TOKEN}`],
  ['the scheme in capitals, and quotes inside it', `"BEARER '${TOKEN}'"`],
  ['a curl option around it', `-H "Authorization: Bearer ${TOKEN}"`],
  ['angle brackets', `<${TOKEN}>`],
  ['angle brackets after the scheme', `Bearer <${TOKEN}>`],
  ['the JSON that mint returns', JSON.stringify({ access_token: TOKEN, token_info: { roles: ['agent'] } })],
  ['the same JSON, formatted', JSON.stringify({ token_info: { identity: 'a' }, access_token: TOKEN }, null, 2)],
  ['the same JSON inside a JSON text', JSON.stringify(JSON.stringify({ access_token: TOKEN }))],
  ['one field of it', `"access_token": "${TOKEN}",`],
  ['the session of this page', JSON.stringify({ accessToken: TOKEN, refreshToken: 'r.r' })],
])('finds the token in a text with %s', (_, pasted) => {
  expect(parsePastedToken(pasted)).toBe(TOKEN);
});

it.each(['', ' ', '""', 'Bearer ', '\u200b', '<>', 'Bearer ""'])('finds no token in %j', (pasted) => {
  expect(() => parsePastedToken(pasted)).toThrow('no-token');
});

it.each([
  'a€.b',
  'a.é',
  '😀.a',
  'secret',
  'AC0123456789abcdef',
  '{"error": "x.y"}',
  'https://x.example/?a=1',
  'a.b;c.d',
])('says that %j is not a token', (pasted) => {
  expect(() => parsePastedToken(pasted)).toThrow('not-a-token');
});

it('returns only characters of a token, whatever is pasted', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (pasted) => {
      try {
        expect(parsePastedToken(pasted)).toMatch(/^[A-Za-z0-9._~+/=-]*\.[A-Za-z0-9._~+/=-]*$/);
      } catch (error) {
        expect(String(error)).toMatch(/no-token|not-a-token/);
      }
    }),
  );
});

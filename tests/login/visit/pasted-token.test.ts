import fc from 'fast-check';
import { parsePastedToken } from '../../../src/login/visit/pasted-token';

const token = fc.stringMatching(/^[A-Za-z0-9_-]{1,20}(\.[A-Za-z0-9_-]{0,20}){4}$/);

it.each([
  ['nothing', '', ''],
  ['blanks and line breaks', ' \n', '\r\n\t'],
  ['straight quotes', '"', '"'],
  ['curly quotes', '“', '”'],
  ['the scheme of a header', 'Bearer ', ''],
  ['a whole header', 'Authorization: Bearer ', '\n'],
  ['the comma of a JSON field', '"', '",'],
])('is taken out of what stands around it: %s', (_, before, after) => {
  fc.assert(fc.property(token, (text) => expect(parsePastedToken(before + text + after)).toBe(text)));
});

it('is put together where a mail has broken its lines', () => {
  expect(parsePastedToken('aaaa.\nbbbb.  cccc')).toBe('aaaa.bbbb.cccc');
});

it.each(['', ' ', '""', 'Bearer '])('is missing in %j', (pasted) => {
  expect(() => parsePastedToken(pasted)).toThrow('no-token');
});

it('has no character that no header can hold', () => {
  const pasted = fc.tuple(token, fc.string({ unit: fc.constantFrom('\u200b', '€', 'é', '😀'), minLength: 1 }), token);
  fc.assert(fc.property(pasted, (parts) => expect(() => parsePastedToken(parts.join(''))).toThrow('token')));
});

it('is never anything but such characters, whatever is pasted', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (pasted) => {
      try {
        expect(parsePastedToken(pasted)).toMatch(/^[!-~]+$/);
      } catch (error) {
        expect(String(error)).toMatch(/token/);
      }
    }),
  );
});

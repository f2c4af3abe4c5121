import fc from 'fast-check';
import { parseHostLabel } from '../../src/settings/host-label';
import { anyJson, anyText, tries } from '../support/arbitraries';

const letters = fc.string({ unit: fc.constantFrom(...'abcXYZ019'), minLength: 1, maxLength: 30 });
const label = fc.oneof(
  letters,
  fc.tuple(letters, letters).map((parts) => parts.join('-')),
  fc.constantFrom('a', 'ie1', 'IE1', 'stage-us1', `a${'-'.repeat(61)}b`),
);

describe('parseHostLabel', () => {
  it('reads letters, digits and hyphens between them, up to 63, in lower case', () => {
    fc.assert(
      fc.property(label, (text) => expect(parseHostLabel(text)).toBe(text.toLowerCase())),
      tries(300),
    );
  });

  it('reads nothing that would be more, less or other than one part of a host name', () => {
    const wrapped = fc.tuple(anyText, label, anyText).map((parts) => parts.join(''));
    const other = fc.constantFrom('-ie1', 'ie1-', 'ie1.', 'ie1/', 'ie1\n', `a${'-'.repeat(62)}b`, '');
    const value = fc.oneof(
      anyJson,
      anyText,
      wrapped,
      other,
      label.map((text) => [text]),
    );
    fc.assert(
      fc.property(value, (value) => {
        const label = parseHostLabel(value);
        if (label === undefined) return;
        expect(label).toBe(String(value).toLowerCase());
        expect(typeof value).toBe('string');
        expect(label.length).toBeLessThanOrEqual(63);
        expect(new URL(`https://${label}.twilio.com/`).host).toBe(`${label}.twilio.com`);
      }),
      tries(1000),
    );
    for (const text of ['-ie1', 'ie1-', `a${'-'.repeat(62)}b`, '']) expect(parseHostLabel(text)).toBeUndefined();
  });
});

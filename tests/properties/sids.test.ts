import fc from 'fast-check';
import { isAccountSid, isFlexInstanceSid, isFlexUserSid } from '../../src/settings/sids';
import { anyJson, anyText, brokenSid, sid, tries } from '../support/arbitraries';

describe.each([
  ['isFlexUserSid', 'FU', isFlexUserSid],
  ['isFlexInstanceSid', 'GO', isFlexInstanceSid],
  ['isAccountSid', 'AC', isAccountSid],
] as const)('%s', (_, prefix, isSid) => {
  it(`takes ${prefix} and 32 hexadecimal digits`, () => {
    fc.assert(
      fc.property(sid(prefix), (text) => expect(isSid(text)).toBe(true)),
      tries(200),
    );
  });

  it(`takes nothing but ${prefix} and 32 hexadecimal digits, which mean the same in a URL as outside`, () => {
    const good = sid(prefix);
    const wrapped = fc.tuple(anyText, good, anyText).map((parts) => parts.join(''));
    const value = fc.oneof(
      anyJson,
      brokenSid,
      wrapped,
      good.map((text) => [text]),
      sid('WK'),
    );
    fc.assert(
      fc.property(value, (value) => {
        if (!isSid(value)) return;
        expect(value).toMatch(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`));
        expect(value).toHaveLength(34);
        expect(encodeURIComponent(value)).toBe(value);
      }),
      tries(1000),
    );
    fc.assert(
      fc.property(brokenSid, (text) => expect(isFlexUserSid(text)).toBe(false)),
      tries(500),
    );
  });
});

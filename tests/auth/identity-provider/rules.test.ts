import { brokenClaimRule, type Expected } from '../../../src/auth/identity-provider/rules';

const NOW = 1_800_000_000;
const expected: Expected = {
  provider: { issuer: 'https://login.example.com', audience: 'flex' },
  userinfoEndpoint: undefined,
  nowSeconds: NOW,
};
const broken = (changes: object) =>
  brokenClaimRule(
    { iss: 'https://login.example.com', aud: 'flex', sub: 's', iat: NOW, exp: NOW + 1, ...changes },
    expected,
  );

it.each([
  ['a token in the last part of a second before its expiry', { exp: NOW + 0.001 }],
  ['iat and nbf exactly 60 s ahead', { iat: NOW + 60, nbf: NOW + 60 }],
])('accepts %s', (_, changes) => {
  expect(broken(changes)).toBeUndefined();
});

it.each([
  ['a token at the moment of its expiry', { exp: NOW }, /^exp /],
  ['iat more than 60 s ahead', { iat: NOW + 60.001 }, /^iat /],
  ['nbf more than 60 s ahead', { nbf: NOW + 60.001 }, /^nbf /],
])('refuses %s', (_, changes, rule) => {
  expect(broken(changes)).toMatch(rule);
});

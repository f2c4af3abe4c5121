import fc from 'fast-check';
import { corsHeaders } from '../../src/http/cors';
import { parseOrigin } from '../../src/settings/origin';
import { anyText, tries } from '../support/arbitraries';

const host = fc.oneof(fc.domain(), fc.ipV4(), fc.constantFrom('localhost', '[::1]', 'LOCALHOST', 'App.Example.COM'));
const port = fc.oneof(
  fc.constant(''),
  fc.integer({ min: 1, max: 65_535 }).map((number) => `:${number}`),
);
const scheme = fc.constantFrom('http', 'https', 'HTTPS');
const written = fc.tuple(scheme, host, port).map(([scheme, host, port]) => `${scheme}://${host}${port}`);

describe('parseOrigin', () => {
  it('reads an origin as a browser names it, with or without a final slash', () => {
    fc.assert(
      fc.property(written, fc.constantFrom('', '/'), (text, slash) => {
        expect(parseOrigin(text + slash)).toBe(new URL(text).origin);
      }),
      tries(300),
    );
  });

  it('refuses an origin that has anything behind it: a path, a query, a fragment, another origin', () => {
    const more = fc
      .tuple(fc.constantFrom('/', '?', '#', '/..', '/%2e', '\\', '@', '*', ' ', '\t', '//', '/?', '/#'), anyText)
      .map(([first, text]) => (first === '/' ? `/x${text}` : first + text));
    fc.assert(
      fc.property(written, more, (text, more) => expect(parseOrigin(text + more)).toBeUndefined()),
      tries(500),
    );
  });

  it('reads nothing out of any text but what is an origin already, scheme and host and port alone', () => {
    const text = fc.oneof(
      anyText,
      fc.webUrl(),
      anyText.map((text) => `https://${text}`),
      anyText.map((text) => `https:${text}`),
    );
    fc.assert(
      fc.property(text, (text) => {
        const origin = parseOrigin(text);
        if (origin === undefined) return;
        expect(origin).toMatch(/^https?:\/\/[^/?#@\\*\s]+$/);
        expect(parseOrigin(origin)).toBe(origin);
        expect(new URL(origin).origin).toBe(origin);
        expect(text).toMatch(/^https?:\/\/[^/?#@\\*\s]+\/?$/i);
      }),
      tries(2000),
    );
  });

  it.each([
    ['a wildcard for all hosts', '*'],
    ['a wildcard for a host', 'https://*'],
    ['a wildcard for subdomains', 'https://*.example.com'],
    ['a full-width asterisk for a host', 'https://＊'],
    ['a small asterisk for subdomains', 'https://﹡.example.com'],
    ['the origin of a sandboxed page', 'null'],
    ['a host alone', 'app.example.com'],
    ['a scheme without slashes', 'https:app.example.com'],
    ['backslashes', 'https:\\\\app.example.com'],
    ['an empty user', 'https://@app.example.com'],
    ['a user', 'https://user:pass@app.example.com'],
    ['a path that resolves to none', 'https://app.example.com/x/..'],
    ['a coded dot', 'https://app.example.com/%2e'],
    ['a tab within', 'https://app.exam\tple.com'],
    ['blanks around', ' https://app.example.com '],
    ['a page of another scheme', 'chrome-extension://abcdef'],
    ['a blob', 'blob:https://app.example.com/x'],
    ['a file', 'file:///etc/passwd'],
    ['two origins', 'https://a.example https://b.example'],
    ['nothing', ''],
  ])('does not take %s for an origin', (_, text) => expect(parseOrigin(text)).toBeUndefined());
});

describe('corsHeaders', () => {
  const origins = fc.array(
    written.map((text) => parseOrigin(text) ?? ''),
    { maxLength: 4 },
  );
  const FLEX = 'https://flex.twilio.com';
  const nowhere = { allowedOrigins: [], domainName: 'flex-1234.twil.io' };

  it('names a listed origin, and only that one', () => {
    fc.assert(
      fc.property(origins, fc.nat(), (allowedOrigins, at) => {
        const listed = [...allowedOrigins, FLEX];
        const origin = listed[at % listed.length] ?? FLEX;
        expect(corsHeaders(origin, { ...nowhere, allowedOrigins })).toMatchObject({
          'Access-Control-Allow-Origin': origin,
          Vary: 'Origin',
        });
      }),
      tries(300),
    );
  });

  it('names no origin that is not listed exactly, whatever is put before it, behind it or into it', () => {
    const edit = fc.tuple(
      fc.nat(40),
      fc.constantFrom('', 'x', '.', '.evil.example', 'evil-', '@', ':80', '/', '%', '\0', ' ', 'А', ','),
      fc.nat(1),
    );
    fc.assert(
      fc.property(origins, fc.oneof(anyText, written, edit), fc.nat(), (allowedOrigins, other, at) => {
        const listed = [...allowedOrigins, FLEX];
        const base = listed[at % listed.length] ?? FLEX;
        const origin = Array.isArray(other)
          ? base.slice(0, other[0]) + other[1] + base.slice(other[0] + other[2])
          : other;
        fc.pre(!listed.includes(origin));
        expect(corsHeaders(origin, { ...nowhere, allowedOrigins })).toEqual({ Vary: 'Origin' });
      }),
      tries(1000),
    );
  });

  it('counts localhost at any port as listed while the service is on localhost, and nothing that only looks like it', () => {
    const local = { allowedOrigins: [], domainName: 'localhost:3000' };
    fc.assert(
      fc.property(
        fc.constantFrom('localhost', '127.0.0.1'),
        fc.integer({ min: 1, max: 65_535 }),
        anyText,
        (host, port, text) => {
          const origin = new URL(`http://${host}:${port}`).origin;
          expect(corsHeaders(origin, local)).toHaveProperty('Access-Control-Allow-Origin', origin);
          expect(corsHeaders(origin, nowhere)).toEqual({ Vary: 'Origin' });
          for (const other of [
            `https://${host}:${port}`,
            `http://${host}.evil.example:${port}`,
            `http://evil.example#${host}`,
            `http://x@${host}:${port}`,
          ]) {
            expect(corsHeaders(other, local)).toEqual({ Vary: 'Origin' });
          }
          if (!/^http:\/\/(localhost|127\.0\.0\.1)(:\d+)?$/.test(text))
            expect(corsHeaders(text, local)).toEqual({ Vary: 'Origin' });
        },
      ),
      tries(300),
    );
  });
});

it('parses an origin of the longest host name and port, and no longer text', () => {
  const longest = `https://${'a.'.repeat(126)}a:65535`;
  expect(longest).toHaveLength(267);
  expect(parseOrigin(longest)).toBe(longest);
  expect(parseOrigin(`${longest}/`)).toBeUndefined();
});

import fc from 'fast-check';
import { assertAllowedOrigin, parseOpenerOrigin } from '../../../src/login/visit/popup';
import { parseReturnTo } from '../../../src/login/visit/return-to';
import { readVisit, withoutResponse } from '../../../src/login/visit/visit';

const ORIGIN = 'https://login.example';
/** Text of the characters that have fooled URL parsers, and of any others. */
const nasty = fc.oneof(
  fc.string({ unit: fc.constantFrom('/', '\\', '.', ':', '@', '?', '#', '\t', '\n', ' ', 'a', '%2f', '%5c', '//') }),
  fc.string(),
  fc.webUrl(),
  fc.webUrl().map((url) => url.replace('http:', '')),
);

describe('return_to', () => {
  it('is either refused, or leads to the same origin whichever way it is put together', () => {
    fc.assert(
      fc.property(nasty, nasty, (start, rest) => {
        const path = parsed(() => parseReturnTo(`/${start}${rest}`));
        if (path === undefined) return;
        expect(new URL(path, ORIGIN).origin).toBe(ORIGIN);
        expect(new URL(path, `${ORIGIN}/login.html?return_to=x`).origin).toBe(ORIGIN);
        expect(path).toMatch(/^\/(?!\/)/);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives the same result for its own result', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const path = parsed(() => parseReturnTo(`/${text}`));
        if (path !== undefined) expect(parseReturnTo(path)).toBe(path);
      }),
    );
  });

  it.each(['/', '/app', '/app?tab=1&x=%2F%2Fevil.example#top', '/a//b', '/@evil.example'])(
    'lets %s pass as it is',
    (path) => {
      expect(parseReturnTo(path)).toBe(path);
    },
  );

  it.each([
    ...['', 'app', '?x', '#x', '//evil.example', '/\\evil.example', '\\\\evil.example', '/\t/evil.example', ' /app'],
    ...[
      'https://login.example/app',
      'javascript:alert(1)',
      '/.//evil.example',
      '/a/..//evil.example',
      '///evil.example',
    ],
  ])('refuses %j', (path) => {
    expect(() => parseReturnTo(path)).toThrow('return-to');
  });
});

describe('the origin of an opener', () => {
  it('is either refused, or exactly an origin', () => {
    fc.assert(
      fc.property(fc.oneof(nasty, fc.webUrl({ withFragments: true, withQueryParameters: true })), (text) => {
        const origin = parsed(() => parseOpenerOrigin(text));
        if (origin !== undefined) expect(new URL(text).origin).toBe(text);
      }),
    );
  });

  it.each([
    ...[undefined, '', 'null', '*', 'app.example.com', 'https://app.example.com/', 'https://APP.example.com'],
    ...['https://app.example.com:443', 'https://user@app.example.com', 'data:text/html,x', 'about:blank', 'file:///x'],
  ])('is not %j', (text) => {
    expect(() => parseOpenerOrigin(text)).toThrow('popup-origin');
  });

  it.each([
    ['https://app.example.com', 'login.example', true],
    ['http://app.example.com', 'login.example', false],
    ['https://app.example.com:8443', 'login.example', false],
    ['https://app.example.com.evil.example', 'login.example', false],
    ['http://localhost:3000', 'login.example', false],
    ['http://localhost:3000', 'localhost', true],
    ['http://127.0.0.1:8080', 'localhost', true],
    ['http://localhost', '127.0.0.1', true],
    ['https://localhost:3000', 'localhost', false],
    ['http://localhost.evil.example', 'localhost', false],
  ])('%s, on a page of %s: %s', (origin, hostname, allowed) => {
    const check = () => assertAllowedOrigin(origin, ['https://app.example.com'], hostname);
    if (allowed) expect(check).not.toThrow();
    else expect(check).toThrow('popup-origin');
  });
});

describe('the URL of the page', () => {
  it('loses everything that the identity provider added, and nothing else', () => {
    const url = new URL(`${ORIGIN}/login.html?a=1&code=c&state=s&error=e&error_description=d&error_uri=u&code=2#top`);
    expect(withoutResponse(url)).toBe(`${ORIGIN}/login.html?a=1#top`);
    expect(withoutResponse(new URL(`${ORIGIN}/login.html?code=c`))).toBe(`${ORIGIN}/login.html`);
  });

  it.each([
    ['', { kind: 'plain', wantsToken: false, intent: {} }],
    ['?mode=token', { kind: 'plain', wantsToken: true, intent: {} }],
    ['?return_to=/app', { kind: 'plain', wantsToken: false, intent: { returnTo: '/app' } }],
    ['?origin=https://a.example', { kind: 'plain', wantsToken: false, intent: {} }],
    [
      '?mode=popup&origin=https://a.example',
      { kind: 'plain', wantsToken: false, intent: { popupOrigin: 'https://a.example' } },
    ],
    ['?code=c&state=s', { kind: 'response', response: { code: 'c', state: 's' } }],
    ['?code=c', { kind: 'response', response: { code: 'c', state: undefined } }],
    ['?error=e&code=c', { kind: 'error', error: 'e', description: '' }],
    ['?state=s', { kind: 'plain', wantsToken: false, intent: {} }],
  ])('with %j says what the page was opened for', (query, visit) => {
    expect(readVisit(new URL(ORIGIN + query))).toEqual(visit);
  });

  it('is refused where it names two paths to return to', () => {
    expect(() => readVisit(new URL(`${ORIGIN}/?return_to=/a&return_to=/b`))).toThrow('return-to');
  });
});

function parsed(parse: () => string): string | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

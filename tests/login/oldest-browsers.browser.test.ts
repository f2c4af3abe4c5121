import { SIGNED_IN, useLoginPage } from './support/harness';

const login = useLoginPage();

/** Younger than one of the oldest browsers (Chrome 109, Firefox 115, Safari 16.4), or missing in one of them. */
const YOUNGER = [
  'URL.canParse',
  'URL.parse',
  'Element.prototype.checkVisibility',
  'AbortSignal.any',
  'Promise.withResolvers',
  'Promise.try',
  'Array.fromAsync',
  'Array.prototype.toSorted',
  'Array.prototype.toReversed',
  'Array.prototype.toSpliced',
  'Array.prototype.with',
  'Object.groupBy',
  'Map.groupBy',
  'Set.prototype.union',
  'Set.prototype.isSubsetOf',
  'Iterator',
  'String.prototype.isWellFormed',
  'RegExp.escape',
  'Uint8Array.fromBase64',
  'Uint8Array.prototype.toHex',
  'Uint8Array.prototype.toBase64',
  'requestIdleCallback',
  'scheduler',
  'navigation',
  'Document.prototype.startViewTransition',
  'HTMLElement.prototype.showPopover',
  'ReadableStream.from',
];

/** Missing in a page that is not a secure context, or that is restricted by the browser's settings. */
const RESTRICTED = ['BroadcastChannel', 'Navigator.prototype.locks', 'Crypto.prototype.randomUUID', 'crypto.subtle'];

/** Deletes these APIs before any script of the page runs. */
const withoutApis = (paths: readonly string[]) => `for (const path of ${JSON.stringify(paths)}) {
  const name = path.split('.').at(-1);
  const owner = path.split('.').slice(0, -1).reduce((found, part) => found?.[part], globalThis);
  if (owner) delete owner[name];
  if (owner && name in owner) Object.defineProperty(owner, name, { value: undefined, configurable: true });
}`;

it('signs in, keeps the session over a reload and signs out without the APIs that the oldest browsers lack', async () => {
  await login.context.addInitScript(withoutApis(YOUNGER));
  await login.open();
  await login.status(SIGNED_IN);
  expect(await login.page.evaluate('typeof URL.canParse')).toBe('undefined');
  expect(await login.page.evaluate('flexAuth.client.token')).toBe(login.twilio.tokens[0]);
  await login.page.reload();
  await login.status(SIGNED_IN);
  await login.button('Sign out').click();
  await login.status('You are signed out');
  expect(login.log).toEqual([]);
  await login.open('?mode=token&return_to=/app');
  await login.page.getByLabel('Flex token').fill('pasted.token');
  await login.button('Use this token').click();
  await login.page.waitForURL('**/app');
});

it('signs in and renews without the APIs that sharing between tabs requires', async () => {
  await login.context.addInitScript(withoutApis([...YOUNGER, ...RESTRICTED]));
  await login.page.clock.install();
  await login.open();
  await login.status(SIGNED_IN);
  const renewed = login.page.evaluate('new Promise((done) => addEventListener("flex-auth:renewed", () => done(true)))');
  login.twilio.lifetimeSeconds = 7200;
  await login.page.clock.fastForward(56 * 60_000);
  expect(await renewed).toBe(true);
  await login.button('Sign out').click();
  await login.status('You are signed out');
  expect(login.log).toEqual([]);
});

it('refuses a return_to of another origin and a popup without an origin in words, without these APIs too', async () => {
  await login.context.addInitScript(withoutApis(YOUNGER));
  await login.open('?return_to=https://evil.example/');
  await login.alert(/\w/);
  await login.open('?mode=popup&origin=nonsense');
  await login.alert('may not receive your session');
  expect(login.log.filter((line) => line.includes('is not a function'))).toEqual([]);
});

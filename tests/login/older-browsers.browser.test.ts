import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SIGNED_IN, useLoginPage } from './support/harness';

const login = useLoginPage();

/** What Chrome 109, Firefox ESR 115 or Safari 16.4 lacks. */
const NEWER = {
  'Element.prototype': ['checkVisibility'],
  URL: ['canParse', 'parse'],
  AbortSignal: ['any'],
  Promise: ['withResolvers', 'try'],
  Object: ['groupBy'],
  Map: ['groupBy'],
  Array: ['fromAsync'],
  'Array.prototype': ['toSorted', 'toReversed', 'toSpliced', 'with'],
  'String.prototype': ['isWellFormed', 'toWellFormed'],
  'Set.prototype': ['union', 'intersection', 'difference', 'isSubsetOf'],
  'Iterator.prototype': ['map', 'filter', 'take', 'toArray'],
  Uint8Array: ['fromBase64'],
};

const removeNewer = Object.entries(NEWER)
  .flatMap(([object, names]) => names.map((name) => `delete globalThis.${object}?.${name};`))
  .join('\n');

describe('in a browser without what the oldest supported ones lack,', () => {
  beforeEach(() => login.context.addInitScript(removeNewer));
  afterEach(async () => {
    const there = Object.entries(NEWER).flatMap(([object, names]) => names.map((name) => `'${name}' in ${object}`));
    expect(await login.page.evaluate(`[${there.join()}].includes(true)`)).toBe(false);
    expect(login.log.filter((line) => line.includes('is not a function'))).toEqual([]);
  });

  it('the page signs in, and stays signed in over a reload', async () => {
    await login.open();
    await login.status(SIGNED_IN);
    await login.page.reload();
    await login.status(SIGNED_IN);
  });

  it('the page accepts a pasted token while its field has the focus', async () => {
    await login.open('?mode=token');
    const field = login.page.getByLabel('Flex token');
    await field.focus();
    await field.fill('pasted.token');
    await login.button('Use this token').click();
    await login.status(SIGNED_IN);
  });

  it('the page goes to return_to', async () => {
    await login.open('?return_to=/start');
    await login.page.waitForURL(`${login.service.origin}/start`);
  });

  it('the page refuses a return_to of another origin, and a popup without an origin', async () => {
    await login.open('?return_to=https://evil.example/');
    await login.alert(/\w/);
    await login.open('?mode=popup&origin=nonsense');
    await login.alert('may not receive your session');
  });
});

it('the style sheet uses no function that the oldest supported browsers lack without a fallback', () => {
  const css = readFileSync(join(resolve(__dirname, '../../dist/assets'), 'login.css'), 'utf8');
  expect(css).not.toMatch(/light-dark\(|@scope|@starting-style|text-wrap-style|:open\b/);
});

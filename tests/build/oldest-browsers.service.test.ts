import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import bcd, { type CompatStatement, type Identifier } from '@mdn/browser-compat-data';
import ts from 'typescript';
import { bundleClient } from '../../build/client-bundle';
import { OLDEST_BROWSERS } from '../../build/login-bundle';
import { buildPage } from '../login/support/service';

/** The interfaces whose objects the page can hold. Others have members of the same names as the page's own. */
const INTERFACES = [
  ...['Window', 'Document', 'Node', 'Element', 'HTMLElement', 'HTMLInputElement', 'HTMLDetailsElement', 'DOMTokenList'],
  ...['EventTarget', 'Event', 'MessageEvent', 'PageTransitionEvent', 'History', 'Location', 'Storage', 'Navigator'],
  ...['URL', 'URLSearchParams', 'Request', 'Response', 'Headers', 'AbortController', 'AbortSignal', 'ReadableStream'],
  ...['BroadcastChannel', 'LockManager', 'Clipboard', 'Crypto', 'SubtleCrypto', 'WebSocket', 'Blob', 'FormData'],
];

/** Names that are found, and why a browser that lacks the feature gets by. */
const ACCEPTED: Readonly<Record<string, string>> = {
  requestIdleCallback: 'replaced by a timer',
  'text-wrap': 'the heading wraps less evenly',
  has: 'the status is less prominent once a person is signed in',
  login: 'a storage key of the page, not a feature',
  connection: 'a method of the page, not a feature',
  error: 'a field of the page, not a feature',
};

let folder: string;
beforeAll(async () => {
  folder = await buildPage();
  await bundleClient(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

const numbers = (version: string) => version.replace('≤', '').split('.').map(Number);

function isAtMost(version: string, [major = 0, minor = 0]: readonly number[]): boolean {
  const [ownMajor = Number.NaN, ownMinor = 0] = numbers(version);
  return ownMajor < major || (ownMajor === major && ownMinor <= minor);
}

/** The browsers of the build, by the names of the data: `safari16.4` is `safari` from 16.4. */
const OLDEST = OLDEST_BROWSERS.map((target) => {
  const [, name = '', version = ''] = /^([a-z]+)(.+)$/.exec(target) ?? [];
  return { name: name === 'ios' ? 'safari_ios' : name, version: numbers(version) };
});

/** Whether all of the oldest browsers have a feature, without a switch or another name. */
function isSupported({ support }: CompatStatement): boolean {
  return OLDEST.every(({ name, version }) =>
    [(support as Record<string, CompatStatement['support'][keyof CompatStatement['support']]>)[name]]
      .flat()
      .some(
        (entry) =>
          entry !== undefined &&
          !entry.flags &&
          !entry.prefix &&
          !entry.alternative_name &&
          typeof entry.version_added === 'string' &&
          isAtMost(entry.version_added, version) &&
          !(typeof entry.version_removed === 'string' && isAtMost(entry.version_removed, version)),
      ),
  );
}

/** The names that no listed feature gives the oldest browsers, and one does younger browsers. */
function youngNames(features: readonly (readonly [string, Identifier])[]): Set<string> {
  const names = new Map<string, boolean>();
  for (const [name, { __compat }] of features) {
    if (__compat) names.set(name, names.get(name) || isSupported(__compat));
  }
  return new Set([...names].flatMap(([name, isOld]) => (isOld ? [] : [name])));
}

type Feature = readonly [string, Identifier];

const membersOf = (parent: Identifier | undefined) => Object.entries(parent ?? {}) as Feature[];
const builtins = membersOf(bcd.javascript.builtins);
const interfaces = membersOf(bcd.api);
const held = interfaces.filter(([name]) => INTERFACES.includes(name));

const YOUNG_GLOBALS = youngNames([...builtins, ...interfaces, ...membersOf(bcd.api.Window)]);
const YOUNG_MEMBERS = youngNames([...held, ...builtins].flatMap(([, owner]) => membersOf(owner)));
/** Such as `URL.canParse`. */
const YOUNG_STATICS = youngNames(
  interfaces.flatMap(([owner, members]) =>
    membersOf(members).flatMap(([name, member]): Feature[] =>
      name.endsWith('_static') ? [[`${owner}.${name.replace('_static', '')}`, member]] : [],
    ),
  ),
);

/** The names in a script that the oldest browsers may lack. */
function youngIn(script: string): string[] {
  const young = new Set<string>();
  const note = (name: string, names: Set<string>) => names.has(name) && young.add(name);
  const visit = (node: ts.Node) => {
    const isNamed = ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression);
    if (isNamed || ts.isPropertyAccessExpression(node)) {
      const member = ts.isPropertyAccessExpression(node)
        ? node.name.text
        : node.argumentExpression.getText().slice(1, -1);
      note(member, YOUNG_MEMBERS);
      note(`${node.expression.getText()}.${member}`, YOUNG_STATICS);
      ts.forEachChild(node.expression, visit);
      if (ts.isIdentifier(node.expression)) note(node.expression.text, YOUNG_GLOBALS);
    } else if (ts.isIdentifier(node)) note(node.text, YOUNG_GLOBALS);
    else ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('script.js', script, ts.ScriptTarget.Latest, true));
  return [...young].filter((name) => !(name in ACCEPTED));
}

/** What a style sheet can use, by how it is written, and which of it is young. */
const YOUNG_STYLE: readonly (readonly [RegExp, ReadonlySet<string>])[] = [
  [/[{;]\s*([a-z][a-z-]*)\s*:/g, youngNames(membersOf(bcd.css.properties))],
  [/:([a-z][a-z-]*)/g, youngNames(membersOf(bcd.css.selectors))],
  [/([a-z-]+)\(/g, youngNames([...membersOf(bcd.css.types), ...membersOf(bcd.css.types?.color)])],
  [/@([a-z-]+)/g, youngNames(membersOf(bcd.css['at-rules']))],
];

/** The properties, pseudo-classes, functions and at-rules in a style sheet that the oldest browsers may lack. */
function youngInStyle(css: string): string[] {
  const young = YOUNG_STYLE.flatMap(([pattern, names]) =>
    [...css.matchAll(pattern)].map(([, name = '']) => name).filter((name) => names.has(name)),
  );
  return [...new Set(young)].filter((name) => !(name in ACCEPTED));
}

const text = (file: string) => readFileSync(join(folder, file), 'utf8');

it.each([
  'URL.canParse("x")',
  'element.checkVisibility()',
  'Promise.withResolvers()',
  '[].toSorted()',
  'AbortSignal["any"]([])',
  'navigation.navigate("/")',
])('what the oldest browsers lack is found in %s', (script) => {
  expect(youngIn(script)).toHaveLength(1);
});

it.each([
  'a { color: light-dark(red, blue) }',
  'a { field-sizing: content }',
  'a:user-valid { margin: 0 }',
  '@scope (a) { b { margin: 0 } }',
  '@starting-style { a { margin: 0 } }',
])('what the oldest browsers lack is found in %s', (css) => {
  expect(youngInStyle(css)).toHaveLength(1);
});

it.each(['login.js', 'login-client.js', 'flex-auth.js'])('%s uses nothing that the oldest browsers lack', (file) => {
  expect(youngIn(text(file))).toEqual([]);
});

it('login.css uses nothing that the oldest browsers lack', () => {
  expect(youngInStyle(text('login.css'))).toEqual([]);
});

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './support/pages';
import { proseOf } from './support/prose';
import { findingsIn } from './support/words';

const TEXT = /(\.(tsx?|js|mjs|cjs|md|html|css|csv)|\.env\.example|\.ci\/run)$/;
// These contain the words that they are about.
const ABOUT_WORDS = ['tests/docs/support/words.ts', 'tests/docs/english.test.ts'];
const FOLDERS = ['src', 'sandbox', 'local', 'build', 'scripts', 'bench', 'assets', 'examples', 'tests', 'docs', '.ci'];
const within = (folder: string) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`);
const files = [...readdirSync(ROOT), ...FOLDERS.flatMap(within)].filter(
  (file) => TEXT.test(file) && !file.includes('node_modules/') && !ABOUT_WORDS.includes(file),
);

it.each(files)('%s uses no word that has misled readers', (file) => {
  const found = proseOf(file).flatMap(({ line, text }) =>
    findingsIn(text).map(({ words, instead }) => `${file}:${line}: "${words}": ${instead}`),
  );
  expect(found).toEqual([]);
});

it.each([
  ['Mend these fields.', 'mend'],
  ['a lookup by SID, where there is one', ', where there'],
  ['Read once, even where it is wrong.', 'even where'],
  ['This is no URL.', 'is no '],
  ['a client of its own', 'of its own'],
  ['The token is not valid any more.', 'not valid any more'],
  ['Nobody is asked.', 'nobody'],
])('the word list finds a fault in "%s"', (text, words) => {
  expect(findingsIn(text).map((finding) => finding.words.toLowerCase())).toContain(words);
});

it.each(['There is no URL.', 'The folder where the service runs', 'It takes about 20 minutes.', 'no longer valid'])(
  'the word list accepts "%s"',
  (text) => {
    expect(findingsIn(text)).toEqual([]);
  },
);

it('prose is found in comments, messages, titles and templates, and not in names or regular expressions', () => {
  const passages = proseOf('tests/docs/support/sample.ts').map(({ line, text }) => ({ line, text }));
  expect(passages).toEqual([
    { line: 4, text: 'a title of a test' },
    { line: 5, text: '… in a template' },
    { line: 1, text: 'A comment over two lines. */' },
    { line: 6, text: 'at the end of a line' },
  ]);
});

import { createRequire } from 'node:module';
import { parseEnvText, toEnvText } from '../../local/env-text';

const twilioDotenv: { parse: (text: string) => Record<string, string> } = createRequire(
  require.resolve('twilio-run/package.json'),
)('dotenv');

const read = (text: string) => parseEnvText(Buffer.from(text));
const utf16 = (text: string) => Buffer.from(text, 'utf16le');

describe('reading .env', () => {
  it.each<[string, string, Record<string, string>]>([
    ['a plain value', 'A=b', { A: 'b' }],
    ['several lines', 'A=1\nB=2\n', { A: '1', B: '2' }],
    ['nothing', '', {}],
    ['blank lines', '\n  \n\t\nA=1\n\n', { A: '1' }],
    ['blanks around the name', '  A  =1', { A: '1' }],
    ['blanks around the value', 'A=  1 \t', { A: '1' }],
    ['blanks inside the value', 'A=one two', { A: 'one two' }],
    ['an empty value', 'A=', { A: '' }],
    ['an empty value followed by a setting', 'A=\nB=2', { A: '', B: '2' }],
    ['empty quotes', `A=""\nB=''`, { A: '', B: '' }],
    ['= in the value', 'A=agent=1,admin=2==', { A: 'agent=1,admin=2==' }],
    ['a comment line', '# A=1\nB=2', { B: '2' }],
    ['a commented-out setting without a blank', '#A=1\nB=2', { B: '2' }],
    ['commented-out settings in a row, nodejs/node#52466', 'A=1\n# B=2\n# C=3\nD=4', { A: '1', D: '4' }],
    ['an indented commented-out setting', '   # A=1\n', {}],
    ['a commented-out setting after an empty one', 'A=\n# B=2\n', { A: '' }],
    ['a commented-out setting with an open quote', '# A="1\nB=2', { B: '2' }],
    ['a comment after a value', 'A=https://app.example.com # CRM', { A: 'https://app.example.com' }],
    ['a comment after a tab', 'A=1\t# one', { A: '1' }],
    ['a comment with quotes after a value', `A=1 # don't "ask"`, { A: '1' }],
    ['a comment after an empty value', 'A= # none', { A: '' }],
    ['a comment after quotes', `A="1" # one\nB='2'# two`, { A: '1', B: '2' }],
    [
      '# without a blank before it',
      'A=https://example.com/#part\nB=#fff',
      { A: 'https://example.com/#part', B: '#fff' },
    ],
    ['# in quotes', `A="1 # 2"\nB='1 # 2'`, { A: '1 # 2', B: '1 # 2' }],
    ['double quotes', 'A="b"', { A: 'b' }],
    ['single quotes', `A='b'`, { A: 'b' }],
    ['backquotes', 'A=`b`', { A: 'b' }],
    ['blanks in quotes, which stay', 'A=" b "', { A: ' b ' }],
    ['blanks after quotes', 'A="b"  ', { A: 'b' }],
    ['quotes of the other kind in quotes', `A="it's"\nB='"b"'`, { A: "it's", B: '"b"' }],
    ['the same quotes in quotes', 'A="{"b":"c"}"', { A: '{"b":"c"}' }],
    ['quotes inside a value', `A=5'4"`, { A: `5'4"` }],
    ['an escaped quote', 'A="a\\"b"', { A: 'a\\"b' }],
    ['a backslash before the closing quote', 'A="C:\\dir\\"\nB="x"', { A: 'C:\\dir\\', B: 'x' }],
    ['\\n in double quotes', 'A="1\\n2"', { A: '1\n2' }],
    ['\\n elsewhere', `A='1\\n2'\nB=1\\n2`, { A: '1\\n2', B: '1\\n2' }],
    ['several lines in double quotes', 'A="1\n# 2\nB=3"\nC=4', { A: '1\n# 2\nB=3', C: '4' }],
    ['several lines in single quotes', `A='1\n2'\nB=3`, { A: '1\n2', B: '3' }],
    ['several lines, with a line break after and before the quotes', 'A="\n1\n2\n"\nB=3', { A: '1\n2', B: '3' }],
    ['several lines that end with CRLF, in quotes', 'A="1\r\n2"\r\nB=3', { A: '1\n2', B: '3' }],
    ['export', 'export A=1\n  export\tB="2"', { A: '1', B: '2' }],
    ['a name that begins with export', 'exported=1\nexport=2', { exported: '1', export: '2' }],
    ['CRLF', 'A=1\r\nB=\r\nC="3"\r\n', { A: '1', B: '', C: '3' }],
    ['CR alone', 'A=1\rB=2', { A: '1', B: '2' }],
    ['a byte order mark', '\uFEFFA=1\nB=2', { A: '1', B: '2' }],
    ['a byte order mark before a comment', '\uFEFF# A=1\r\nB=2', { B: '2' }],
    ['the same name twice, of which the later counts', 'A=1\nA=2', { A: '2' }],
    ['$ in a value, which is not replaced', 'A=$HOME-$' + '{B}', { A: '$HOME-$' + '{B}' }],
    ['letters beyond ASCII', 'A=Zoë', { A: 'Zoë' }],
    ['no line break at the end', 'A=1\nB=2', { A: '1', B: '2' }],
  ])('understands %s', (_, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it.each<[string, Buffer | string, number]>([
    ['a word', 'A=1\n\nFLEX', 3],
    ['a name and a colon', 'A: 1', 1],
    ['a command', 'A=1\nset -a\nB=2', 2],
    ['export without a value', 'export A', 1],
    ['a value without a name', '=1', 1],
    ['a name with a blank in it', 'A=1\r\nB C=2', 2],
    ['a merge conflict', 'A=1\n<<<<<<< HEAD\n', 2],
    ['the second line of a value without quotes', 'A=1,\n2\n', 2],
    ['a quote that is not closed', 'A=1\nB="2\nC=3', 2],
    ['an apostrophe at the beginning', `A='tis`, 1],
    ['text after quotes', 'A="1" 2', 1],
    ['the line after a long value', 'A="1\n2\n3"\nFLEX', 4],
    ['UTF-16 with its mark', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16('A=1\n')]), 1],
    ['UTF-16, the other way round', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16('A=1\n')]).swap16(), 1],
    ['UTF-16 without a mark', utf16('A=1\n'), 1],
    ['a zero byte', 'A=1\nB=\u00002', 2],
    ['a value in Latin-1', Buffer.from('A=1\nB=Zo\xeb\n', 'latin1'), 2],
  ])('refuses %s, and names the line', (_, text, line) => {
    expect(() => parseEnvText(Buffer.from(text))).toThrow(new RegExp(`^\\.env, line ${line}: .*\\.$`));
  });

  it.each(['s3cret', 'A="s3cret', 'A="" s3cret', 's3cret: 1'])(
    'repeats nothing of a line that it refuses: %s',
    (line) => {
      expect(() => read(`\n\n${line}\n`)).toThrow(/^(?!.*s3cret)\.env, line 3: /);
    },
  );
});

describe('writing settings for the tools of Twilio', () => {
  const roundTrip = (variables: Record<string, string>) => twilioDotenv.parse(toEnvText(variables));

  it.each([
    'b',
    '',
    '#fff',
    'a # b',
    'export A=1',
    'a=b==',
    "it's",
    `'quoted'`,
    '"quoted"',
    `"`,
    `'`,
    '{"b":"c"}',
    'C:\\dir\\',
    'C:\\new',
    '1\n2',
    '1\nB=2',
    'Zoë ✓',
    '$HOME',
    '`b`',
    'a, b',
  ])('keeps %j exactly', (value) => {
    const variables = { BEFORE: '1', A: value, AFTER: '2' };
    expect(roundTrip(variables)).toEqual(variables);
    expect(read(toEnvText(variables))).toEqual(variables);
  });

  it.each([' a', 'a ', '\n', '\na\n', 'a\r\nb', 'a\u2028b', 'a\n\\n'])(
    'refuses %j, naming the setting alone',
    (value) => {
      expect(() => toEnvText({ A: value })).toThrow(/^Twilio's tools cannot read the value of A\. Remove [\s\S]*\.$/);
    },
  );

  it('refuses a name that their parser loses', () => {
    expect(() => toEnvText(JSON.parse('{"__proto__":"1"}'))).toThrow('the value of __proto__');
  });

  it('leaves out what is not set', () => {
    expect(toEnvText({ A: undefined, B: '1' })).toBe('B="1"\n');
  });
});

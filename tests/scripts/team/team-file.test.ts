import { readTeam } from '../../../scripts/team/team-file';
import { faultsIn, usersIn, useTeamFiles } from './support';

const files = useTeamFiles();
const HEADER = 'username,email,full_name,roles';

const ANA = {
  username: 'ana',
  email: 'ana@example.com',
  fullName: 'Ana Alves',
  roles: ['agent'],
  workerAttributes: undefined,
};
const BEN = {
  ...ANA,
  username: 'ben',
  email: 'ben@example.com',
  fullName: 'Ben "B" Brown, Jr.',
  roles: ['agent', 'supervisor'],
};

describe('a team file', () => {
  const BEN_WITH_COMMAS = 'ben,ben@example.com,"Ben ""B"" Brown, Jr.",agent;supervisor';
  const BEN_WITH_SEMICOLONS = 'ben;ben@example.com;"Ben ""B"" Brown, Jr.";"agent;supervisor"';

  it.each([
    ['Google Sheets (commas, CRLF)', `${HEADER}\r\nana,ana@example.com,Ana Alves,agent\r\n${BEN_WITH_COMMAS}`],
    ['LibreOffice (commas, LF)', `${HEADER}\nana,ana@example.com,Ana Alves,agent\n${BEN_WITH_COMMAS}\n`],
    [
      'Excel (a byte order mark, commas, CRLF)',
      `\uFEFF${HEADER}\r\nana,ana@example.com,Ana Alves,agent\r\n${BEN_WITH_COMMAS}\r\n`,
    ],
    [
      'Excel set to a country with decimal commas (a byte order mark, semicolons, CRLF)',
      `\uFEFF${HEADER.replaceAll(',', ';')}\r\nana;ana@example.com;Ana Alves;agent\r\n${BEN_WITH_SEMICOLONS}\r\n`,
    ],
    [
      'LibreOffice with all text quoted',
      `"username","email","full_name","roles"\n"ana","ana@example.com","Ana Alves","agent"\n${BEN_WITH_COMMAS}\n`,
    ],
    ['an old Mac (CR)', `${HEADER}\rana,ana@example.com,Ana Alves,agent\r${BEN_WITH_COMMAS}\r`],
    [
      'a spreadsheet with deleted rows and columns',
      `${HEADER},,\n,,,,,\nana,ana@example.com,Ana Alves,agent,,\n\n   \n${BEN_WITH_COMMAS},,\n,,,,,\n`,
    ],
    [
      'a person who aligns the cells',
      `${HEADER.replaceAll(',', ' , ')}\n ana , ana@example.com ," Ana Alves ",  agent\n${BEN_WITH_COMMAS}\n`,
    ],
    [
      'a program with another order of columns',
      'roles,full_name,email,username\nagent,Ana Alves,ana@example.com,ana\nagent supervisor,"Ben ""B"" Brown, Jr.",ben@example.com,ben',
    ],
  ])('is read as written by %s', (_, text) => {
    expect(usersIn(readTeam(files.write(text)))).toEqual([ANA, BEN]);
  });

  it.each(['agent;supervisor', 'agent supervisor', 'agent; supervisor', 'agent;;supervisor;'])(
    'has roles separated by semicolons or blanks: %j',
    (roles) => {
      const [user] = usersIn(readTeam(files.write(`${HEADER}\nana,ana@example.com,Ana Alves,${roles}`)));
      expect(user?.roles).toEqual(['agent', 'supervisor']);
    },
  );

  it('has attributes: JSON is taken as JSON, anything else as text, an empty cell sets nothing, and dots are part of the key', () => {
    const keys = ['channel.voice.capacity', 'language', 'skills', 'zip', 'nothing', 'on', 'quoted', '__proto__'];
    const cells = ['10', 'english', '"[""a"", ""b""]"', '01234', '', 'true', '"""7"""', 'x'];
    const header = [HEADER, ...keys.map((key) => `attributes.${key}`)].join();
    const [user] = usersIn(readTeam(files.write(`${header}\nana,ana@example.com,Ana Alves,agent,${cells.join()}`)));
    expect(JSON.stringify(user?.workerAttributes)).toBe(
      '{"channel.voice.capacity":10,"language":"english","skills":["a","b"],"zip":"01234","on":true,"quoted":"7","__proto__":"x"}',
    );
  });

  it('can be a JSON list of /provision bodies', () => {
    const bodies = [
      { username: 'ana', email: 'ana@example.com', full_name: 'Ana Alves', roles: ['agent'] },
      {
        username: 'ben',
        email: 'ben@example.com',
        full_name: BEN.fullName,
        roles: BEN.roles,
        worker: { attributes: { a: 1 } },
      },
    ];
    const file = files.write(`\uFEFF${JSON.stringify(bodies)}`, 'team.JSON');
    expect(usersIn(readTeam(file))).toEqual([ANA, { ...BEN, workerAttributes: { a: 1 } }]);
  });

  it('may be without users', () => {
    expect(readTeam(files.write(`${HEADER}\n`))).toEqual({ members: [], faults: [] });
  });
});

describe('the faults of a team file', () => {
  it('are found all at once, by line and column', () => {
    const lines = [
      `${HEADER},userName,attributes.id,`,
      'ana,ana@example.com,Ana Alves,agent',
      ',ben@example.com,Ben Brown,agent',
      '"c',
      'd",c@example.com,,boss',
      '',
      'ANA,ana@example.com,Ana Alves,',
      'dan,dan@example.com,Dan Diaz,agent,,12345678901234567890,extra,more',
    ];
    expect(faultsIn(files.write(lines.join('\n')))).toEqual([
      '1 userName: is not a known column. Did you mean username?',
      expect.stringMatching(/^3 username: is (missing|required)/),
      expect.stringMatching(/^4 username: contains control characters/),
      expect.stringMatching(/^4 full_name: /),
      expect.stringMatching(/^4 roles: must be .* agent, supervisor, admin/),
      expect.stringMatching(/^7 roles: /),
      '7 username: is already in line 2. Remove one of the two.',
      '8 attributes.id: has a number that would lose digits. To send it as text, put quotes in the cell: "…".',
      '8 column 7: has a value, but line 1 gives this column no name. Name it, or remove the value.',
      '8 column 8: has a value, but line 1 gives this column no name. Name it, or remove the value.',
    ]);
  });

  it.each([
    ['E-Mail', 'email'],
    ['mail', 'email'],
    ['user name', 'username'],
    ['Username', 'username'],
    ['fullname', 'full_name'],
    ['role', 'roles'],
    ['attribute.language', 'attributes.language'],
    ['attributes', 'attributes.<key>'],
    ['attributes.', 'attributes.<key>'],
    ['channel.voice.capacity', 'attributes.channel.voice.capacity'],
  ])('name the nearest known column for %s: %s', (unknown, nearest) => {
    const [fault] = faultsIn(files.write(`${HEADER},${unknown}\n`));
    expect(fault).toBe(`1 ${unknown}: is not a known column. Did you mean ${nearest}?`);
  });

  it('include a column that is missing, once, and one that is there twice', () => {
    const file = files.write('username,full_name,roles,roles\nana,Ana Alves,agent,agent\nben,Ben Brown,agent,agent\n');
    expect(faultsIn(file)).toEqual([
      '1 roles: is in the header twice. Remove or rename one of the columns.',
      '1 email: is missing from the header. Add this column.',
    ]);
  });

  it.each([
    [
      'a quote that is never closed',
      '"ben,b@example.com,Ben,agent\ncleo,c@example.com,Cleo,agent',
      '3 -: A quote (") opens here and is never closed.',
    ],
    ['a quote within a value', 'ben,b@example.com,Ben "B" Brown,agent', '3 -: A quote (") is in the wrong place.'],
    ['text after a quoted value', 'ben,b@example.com,"Ben" Brown,agent', '3 -: A quote (") is in the wrong place.'],
  ])('include %s', (_, row, expected) => {
    const faults = faultsIn(files.write(`${HEADER}\nana,ana@example.com,Ana Alves,boss\n${row}\n`));
    expect(faults).toEqual([expect.stringMatching(/^2 roles/), expect.stringContaining(expected)]);
  });

  it.each([
    ['UTF-16', Buffer.from(`\uFEFF${HEADER}\n`, 'utf16le'), /^1 -: The file is UTF-16\. Save it as UTF-8/],
    ['a workbook', Buffer.from('PK\x03\x04 and more'), /^1 -: The file is a workbook\. Save it as CSV/],
    ['empty', '', /^1 username: is missing/],
    [
      'text in Latin-1',
      Buffer.from(`${HEADER},attributes.a\nana,a@example.com,Ana M\xfcller,agent,M\xfcller\n`, 'latin1'),
      /^2 attributes\.a: .*UTF-8/,
    ],
  ])('say what to do if the file is %s', (_, content, expected) => {
    expect(faultsIn(files.write(content))[0]).toMatch(expected);
  });

  it.each([
    ['is not JSON', '[\n{"username": "ana",}\n]', [/^2 -: The file is not valid JSON here/]],
    ['is not a list', '{"users": []}', [/^1 -: The file must be a list/]],
    [
      'has entries that /provision refuses',
      '[\n{"username": "ana", "email": "a", "full_name": "A", "roles": ["agent"]},\n"ben",\n{"username": "Ana", "email": "", "full_name": "A", "roles": ["agent"]}]',
      [
        /^3 entry 2: must be an object/,
        /^4 entry 3, email: must be a string/,
        /^4 entry 3, username: is already in line 2/,
      ],
    ],
  ])('are found in a JSON file that %s', (_, text, expected) => {
    expect(faultsIn(files.write(text, 'team.json'))).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  });
});

it('readTeam says which file it cannot read', () => {
  expect(() => readTeam('/nowhere/team.csv')).toThrow(
    'Cannot read /nowhere/team.csv (ENOENT). Check the path, then retry.',
  );
});

import { POLICY } from '../../src/auth/policy';

/** The parts of the documentation that come from the code, by the name in their marker. */
const BLOCKS: Readonly<Record<string, () => string>> = {
  policy: policyTable,
};

const BLOCK = /(<!-- generated: (\S+) -->\n).*?(<!-- end generated -->)/gs;

/**
 * Replaces the text between each `<!-- generated: NAME -->` and the `<!-- end generated -->` that follows it.
 *
 * @throws {Error} if no block has that name
 */
export function fillBlocks(page: string): string {
  return page.replaceAll(BLOCK, (_, start: string, name: string, end: string) => {
    const render = BLOCKS[name];
    if (!render) throw new Error(`There is no generated block "${name}". Known: ${Object.keys(BLOCKS).join(', ')}.`);
    return `${start}${render()}\n${end}`;
  });
}

const COLUMN_TITLES: Readonly<Record<string, string>> = {
  guest: 'guest (webchat)',
  backendKey: 'backend key',
  identityProvider: 'identity provider',
};

function policyTable(): string {
  const columns = Object.keys(POLICY.provision) as (keyof typeof POLICY.provision)[];
  const rows = Object.entries(POLICY).map(([right, row]) => {
    const [action, ...user] = right.split(' ');
    const title = user.length === 0 ? `\`${action}\`` : `\`${action}\`, ${user.join(' ')}`;
    return [title, ...columns.map((column) => cell(row[column]))];
  });
  return table(['', ...columns.map((column) => COLUMN_TITLES[column] ?? column)], rows);
}

function cell(value: string): string {
  if (value === 'no') return '–';
  return value.startsWith('yes') ? value : `scope \`${value}\``;
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}

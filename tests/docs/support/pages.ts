import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { PAGES as PATHS } from '../../../scripts/docs/pages';

export const ROOT = resolve(__dirname, '../../..');

/** All pages of the documentation, as paths from the root of the project. */
export const PAGES: readonly string[] = PATHS.map((path) => relative(ROOT, path));

export const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

/** A code block of a page, without the indentation of the list that it is part of. */
export interface Block {
  readonly page: string;
  readonly language: string;
  readonly text: string;
}

const FENCE = /^( *)```(\w+)\n(.*?)^\1```$/gms;

export const blocksOf = (page: string, language: string): Block[] =>
  [...read(page).matchAll(FENCE)]
    .map(([, indentation = '', name = '', text = '']) => ({
      page,
      language: name,
      text: text.replaceAll(new RegExp(`^${indentation}`, 'gm'), ''),
    }))
    .filter((block) => block.language === language);

/** The rows of the table below a heading, each a list of its cells. */
export function tableBelow(page: string, heading: string): string[][] {
  const [, section = ''] = `\n${read(page)}`.split(`\n${heading}\n`);
  const [, ...lines] = section.slice(section.indexOf('|')).split('\n');
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(1, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** The names in backticks in a cell. */
export const namesIn = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

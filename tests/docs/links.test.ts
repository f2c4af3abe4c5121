import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PAGES, ROOT, read } from './support/pages';

it.each(PAGES)('%s has no broken link or anchor', (page) => {
  const broken = linksOf(page).filter((target) => !/^https:/.test(target) && !exists(page, target));
  expect(broken).toEqual([]);
});

it('the README links to every page in docs', () => {
  const linked = new Set(linksOf('README.md').map((target) => target.split('#')[0]));
  expect(PAGES.filter((page) => page.startsWith('docs/') && !linked.has(page))).toEqual([]);
});

it('the README is at most 180 lines long', () => {
  expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(180);
});

function linksOf(page: string): string[] {
  const text = read(page).replaceAll(/^ *```.*?^ *```$/gms, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)].map(([, a, b]) => a ?? b ?? '');
}

function exists(from: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? from : join(dirname(from), path);
  if (!existsSync(join(ROOT, file))) return false;
  return anchor === undefined || anchorsOf(file).includes(anchor);
}

/** The anchors that GitHub gives to the headings of a page. */
const anchorsOf = (page: string): string[] =>
  [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );

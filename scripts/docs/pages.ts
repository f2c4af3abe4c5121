import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const pagesIn = (folder: string) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(ROOT, folder, name));

/** The paths of all pages of the documentation. */
export const PAGES: readonly string[] = [...pagesIn('.'), ...pagesIn('docs')];

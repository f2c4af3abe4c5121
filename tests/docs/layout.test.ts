import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { blocksOf, ROOT } from './support/pages';

const [layout] = blocksOf('docs/architecture.md', 'text');
const listed = [...(layout?.text ?? '').matchAll(/^(\S+)\/ /gm)].map(([, folder = '']) => folder);
const foldersIn = (folder: string) =>
  readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name));

it('the documented layout lists every folder of src', () => {
  expect(listed.filter((folder) => folder.startsWith('src/')).sort()).toEqual(foldersIn('src').sort());
});

it('the documented layout lists no folder that does not exist', () => {
  expect(listed.filter((folder) => !existsSync(join(ROOT, folder)))).toEqual([]);
});

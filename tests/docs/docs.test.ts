import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PICTURES } from '../../scripts/screenshots/pictures';

const ROOT = resolve(__dirname, '../..');
const FOLDER = join(ROOT, 'docs/screenshots');
const LARGEST_BYTES = 25_000;

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const taken = Object.keys(PICTURES)
  .map((name) => `${name}.png`)
  .sort();

describe('the pictures in the README', () => {
  it('are those that npm run screenshots takes, each shown and each there', () => {
    const shown = new Set(Array.from(readme.matchAll(/docs\/screenshots\/([\w.-]+)/g), ([, file]) => file));
    expect([...shown].sort()).toEqual(taken);
    expect(readdirSync(FOLDER).sort()).toEqual(taken);
  });

  it('are described to those who do not see them', () => {
    const images = [...readme.matchAll(/<img [^>]*>/g)].map(([image]) => image);
    expect(images.filter((image) => !/ alt="[^"]+"/.test(image))).toEqual([]);
    expect(readme).not.toContain('![]');
  });

  it('are small', () => {
    const large = taken.filter((file) => statSync(join(FOLDER, file)).size > LARGEST_BYTES);
    expect(large).toEqual([]);
  });
});

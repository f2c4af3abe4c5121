import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PICTURES } from '../../scripts/screenshots/pictures';
import { PAGES, ROOT, read } from './support/pages';

const FOLDER = join(ROOT, 'docs/screenshots');
const LARGEST_BYTES = 25_000;

const text = PAGES.map(read).join('\n');
const taken = Object.keys(PICTURES)
  .map((name) => `${name}.png`)
  .sort();

describe('the screenshots in the documentation', () => {
  it('are those that npm run screenshots takes, and each is shown', () => {
    const shown = new Set(Array.from(text.matchAll(/screenshots\/([\w.-]+\.png)/g), ([, file]) => file));
    expect([...shown].sort()).toEqual(taken);
    expect(readdirSync(FOLDER).sort()).toEqual(taken);
  });

  it('have a description for people who do not see them', () => {
    const images = [...text.matchAll(/<img [^>]*>/g)].map(([image]) => image);
    expect(images.filter((image) => !/ alt="[^"]+"/.test(image))).toEqual([]);
    expect(text).not.toContain('![]');
  });

  it('are at most 25 kB each', () => {
    const large = taken.filter((file) => statSync(join(FOLDER, file)).size > LARGEST_BYTES);
    expect(large).toEqual([]);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChromium } from '../../local/chromium';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'find-chromium-'));
  writeFileSync(join(folder, 'chromium'), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('looking for Chromium', () => {
  it('takes the one that is named before the one in the search path, and that before any other', () => {
    const other = join(folder, 'chromium');
    expect(findChromium({ CHROMIUM_PATH: __filename, PATH: folder }, [])).toBe(__filename);
    expect(findChromium({ PATH: `/nowhere:${folder}` }, [__filename])).toBe(other);
    if (process.platform !== 'darwin') expect(findChromium({}, ['/nowhere', __filename])).toBe(__filename);
  });

  it('says that the named program is not there rather than to take another one', () => {
    expect(() => findChromium({ CHROMIUM_PATH: '/nowhere', PATH: folder }, [])).toThrow('CHROMIUM_PATH names /nowhere');
  });

  it('says what to install where there is none', () => {
    if (process.platform === 'darwin') return;
    expect(() => findChromium({ PATH: '/nowhere' }, [])).toThrow('npx playwright-core install chromium');
  });
});

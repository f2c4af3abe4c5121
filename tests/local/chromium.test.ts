import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChromium } from '../../local/chromium';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'find-chromium-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A folder of the search path with a program in it. */
function installed(name: string, script: string): string {
  const bin = join(folder, name);
  mkdirSync(bin, { recursive: true });
  const program = join(bin, 'chromium');
  writeFileSync(program, `#!/bin/sh\n${script}\n`);
  chmodSync(program, 0o755);
  return bin;
}

const onUnix = process.platform === 'win32' ? describe.skip : describe;

onUnix('looking for Chromium', () => {
  it('takes the program that CHROMIUM_PATH names, then the first in the search path, then any other', async () => {
    const bin = installed('first', 'exit 0');
    const first = join(bin, 'chromium');
    const other = join(installed('other', 'exit 0'), 'chromium');
    expect(await findChromium({ CHROMIUM_PATH: __filename, PATH: bin }, [other])).toBe(__filename);
    expect(await findChromium({ PATH: `/nowhere:${bin}` }, [other])).toBe(first);
    if (process.platform !== 'darwin') expect(await findChromium({}, ['/nowhere', other])).toBe(other);
  });

  it('passes over a program that does not start', async () => {
    const broken = installed('broken', 'echo "requires the chromium snap" >&2; exit 1');
    const works = installed('works', 'exit 0');
    expect(await findChromium({ PATH: `${broken}:${works}` }, [])).toBe(join(works, 'chromium'));
  });

  it('takes no other program if CHROMIUM_PATH names one that does not exist', async () => {
    const bin = installed('first', 'exit 0');
    await expect(findChromium({ CHROMIUM_PATH: '/nowhere', PATH: bin }, [])).rejects.toThrow(
      'CHROMIUM_PATH names /nowhere, which does not exist.',
    );
  });

  it('finds nothing if none is installed', async () => {
    if (process.platform !== 'darwin') expect(await findChromium({ PATH: '/nowhere' }, ['/nowhere'])).toBeUndefined();
  });
});

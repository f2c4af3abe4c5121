import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { findBackendKey, parseBackendKey } from '../../src/settings/backend-key';

const run = (...parameters: string[]) =>
  promisify(execFile)('npm', ['--silent', 'run', 'backend-key', '--', ...parameters], {
    cwd: resolve(__dirname, '../..'),
  });

it('prints a key, and an entry of BACKEND_KEYS that knows it and does not hold it', async () => {
  const { stdout } = await run('web-1', 'lookup', 'mint');
  const key = /^fbk_web-1\.\S+$/m.exec(stdout)?.[0] ?? '';
  const entry = /^web-1:\S+$/m.exec(stdout)?.[0] ?? '';
  const listed = parseBackendKey(entry);
  expect(listed).toMatchObject({ name: 'web-1', scopes: ['lookup', 'mint'] });
  expect(listed && findBackendKey(key, [listed])).toBe(listed);
  expect(entry).not.toContain(key.split('.')[1]);
  // 256 bits.
  expect(key.split('.')[1]).toHaveLength(43);
});

it('prints another key each time', async () => {
  const [first, second] = await Promise.all([run('web', 'mint'), run('web', 'mint')]);
  expect(first.stdout).not.toBe(second.stdout);
});

it.each([[], ['web'], ['web', 'everything'], ['we:b', 'mint'], ['', 'mint'], ['a'.repeat(65), 'mint']])(
  'explains itself if the parameters are %j',
  async (...parameters) => {
    await expect(run(...parameters)).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/NAME SCOPE…\n.*provision, lookup, mint, deprovision/),
    });
  },
);

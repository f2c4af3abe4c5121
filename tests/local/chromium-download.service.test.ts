import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { downloadChromium } from '../../local/chromium-download';
import { freePort } from '../../local/ports';

const onLinux = process.platform === 'linux' && process.arch === 'x64' ? it : it.skip;

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'chromium-cache-'));
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(cache, { recursive: true });
});

onLinux('says what it downloads and why that failed, and leaves nothing behind, if npm cannot be reached', async () => {
  const registry = `http://127.0.0.1:${await freePort()}/`;
  const env = { ...process.env, XDG_CACHE_HOME: cache, npm_config_registry: registry };
  await expect(downloadChromium(env)).rejects.toThrow('ECONNREFUSED');
  expect(process.stderr.write).toHaveBeenCalledTimes(1);
  expect(process.stderr.write).toHaveBeenCalledWith(expect.stringMatching(/^No Chromium .*Downloading .*70 MB, once/));
  expect(readdirSync(join(cache, 'flex-sdk-sign-in'))).toEqual([]);
});

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';

const ROOT = resolve(__dirname, '../..');
const SOURCE = join(ROOT, 'src/client/flex-auth.ts');
const SERVED = join(ROOT, 'dist/assets/flex-auth.js');

it('is one file that imports nothing, served by the service in at most 5,120 bytes gzipped', () => {
  const served = readFileSync(SERVED);
  expect(readFileSync(SOURCE, 'utf8')).not.toMatch(/^import|\bimport\(|\brequire\(/m);
  expect(served.toString()).toMatch(/export\{.*createFlexAuth.*signIn.*\}/);
  expect(gzipSync(served).length).toBeLessThanOrEqual(5120);
});

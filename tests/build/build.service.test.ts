import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const FUNCTIONS = join(ROOT, 'dist/functions');
const NAMES = ['config', 'deprovision', 'lookup', 'mint', 'provision'];

const packageJson = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

it('puts the five Functions into dist/functions and nothing else: every file there becomes a public URL', () => {
  expect(readdirSync(FUNCTIONS, { recursive: true }).sort()).toEqual(NAMES.map((name) => `${name}.js`));
});

it.each(NAMES)('makes %s one file that runs alone in an empty folder', (name) => {
  const folder = mkdtempSync(join(tmpdir(), 'flex-function-'));
  try {
    copyFileSync(join(FUNCTIONS, `${name}.js`), join(folder, 'function.js'));
    const script = 'process.stdout.write(typeof require("./function.js").handler)';
    expect(execFileSync(process.execPath, ['-e', script], { cwd: folder, encoding: 'utf8' })).toBe('function');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe.each(NAMES)('the file of %s', (name) => {
  const text = readFileSync(join(FUNCTIONS, `${name}.js`), 'utf8');

  it('requires nothing but what Node has', () => {
    const required = [...text.matchAll(/require\("([^"]+)"\)/g)].map(([, module]) => module?.replace('node:', ''));
    expect(required.filter((module) => !['crypto', 'https'].includes(module ?? ''))).toEqual([]);
  });

  it('has nothing of the sandbox, and names no path of the machine that built it', () => {
    expect(text).not.toMatch(/sandbox|127\.0\.0\.1:\d|mswjs/i);
    expect(text).not.toContain(ROOT);
  });
});

it('is served from the folders that .twilioserverlessrc names, by a Node that the platform offers', () => {
  const configuration = JSON.parse(readFileSync(join(ROOT, '.twilioserverlessrc'), 'utf8'));
  expect(configuration).toEqual({ functionsFolder: 'dist/functions', assetsFolder: 'dist/assets', runtime: 'node22' });
});

it('needs nothing installed in the deployed service but the runtime, in the exact version that the platform takes', () => {
  expect(packageJson.dependencies).toEqual({ '@twilio/runtime-handler': '2.0.3' });
});

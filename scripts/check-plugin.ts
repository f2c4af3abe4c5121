import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '..');

/**
 * What the plugin toolchain needs when it is installed as a whole: the webpack that it was written for, types of Node that
 * TypeScript 4.9 can read, and a package in place of `fs`, an empty one that some registries do not have.
 */
const OVERRIDES = { webpack: '^4.47.0', '@types/node': '^18', fs: 'npm:graceful-fs@^4' };

/**
 * Installs the example plugin in a temporary folder, checks its types against those of Flex UI, and builds it with Twilio's
 * toolchain.
 */
function checkPlugin(): void {
  const folder = mkdtempSync(join(tmpdir(), 'flex-plugin-'));
  const run = (title: string, command: string, ...parameters: string[]) => {
    console.log(`\n${title}: ${[command, ...parameters].join(' ')}`);
    const { status, error } = spawnSync(command, parameters, { cwd: folder, stdio: 'inherit' });
    if (error) throw error;
    if (status !== 0) throw new Error(`${title} failed with exit code ${status}.`);
  };
  try {
    cpSync(join(ROOT, 'examples/flex-plugin'), folder, {
      recursive: true,
      filter: (file) => !/node_modules|[/\\]build$/.test(file.slice(ROOT.length)),
    });
    copyFileSync(join(ROOT, 'src/client/flex-auth.ts'), join(folder, 'src/flex-auth.ts'));
    copyFileSync(join(folder, 'public/appConfig.example.js'), join(folder, 'public/appConfig.js'));
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, overrides: OVERRIDES }, null, 2));

    run('Install', 'npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error');
    run('Check types', 'npx', 'tsc', '--noEmit');
    run('Build', 'npx', 'flex-plugin', 'build');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log('\nThe example plugin passes the type check and builds.');
}

try {
  checkPlugin();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePort } from '../../local/ports';
import { type Sandbox, startSandbox } from '../../sandbox/server';
import { type Checkout, makeCheckout } from '../support/checkout';

const TEAM = join(__dirname, '../../examples/team.csv');

let sandbox: Sandbox;
let checkout: Checkout;
beforeAll(async () => {
  sandbox = await startSandbox();
  checkout = makeCheckout();
});
afterAll(async () => {
  await sandbox?.close();
  checkout?.remove();
});

/** Runs `npm run <script>`, and closes its output after the first lines, as `head` does. */
async function runWithoutReader(script: string, parameters: readonly string[]) {
  const child = spawn('npm', ['--silent', 'run', script, '--', ...parameters], {
    cwd: checkout.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { code, stderr };
}

describe('if the reader of the output has gone after the first lines,', () => {
  it('npm run team still changes every user, and ends with 0', async () => {
    const { code, stderr } = await runWithoutReader('team', [TEAM, '--apply', '--sandbox', sandbox.origin]);
    expect(stderr).not.toContain('EPIPE');
    expect(code).toBe(0);
    expect(sandbox.user('chen@example.com')).toBeDefined();
  });

  it('npm run doctor still ends with 1 for a failed check', async () => {
    // Nothing listens there.
    const service = `http://localhost:${await freePort()}`;
    const { code, stderr } = await runWithoutReader('doctor', [service]);
    expect(stderr).toBe('');
    expect(code).toBe(1);
  });
});

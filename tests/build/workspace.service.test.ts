import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../local/ports';
import { METHODS } from '../../src/contract/functions';
import { makeWorkspace } from '../support/checkout';
import { type NpmRun, npm } from '../support/npm';

// Flex projects often keep their plugins and their serverless functions in one npm workspace, which hoists the packages of all.

let workspace: ReturnType<typeof makeWorkspace>;
let runs: NpmRun[] = [];
beforeEach(() => {
  workspace = makeWorkspace();
});
afterEach(async () => {
  await Promise.all(runs.map((run) => run.interrupt()));
  runs = [];
  workspace.remove();
});

function run(folder: string, ...parameters: string[]): NpmRun {
  const started = npm({ ...workspace, folder }, ...parameters);
  runs.push(started);
  return started;
}

async function succeed(folder: string, ...parameters: string[]): Promise<string> {
  const { ended, output } = run(folder, ...parameters);
  const code = await ended;
  // The output says why it failed.
  if (code !== 0) throw new Error(`Exit code ${code}:\n${output()}`);
  return output();
}

describe('as a member of a workspace with hoisted packages,', () => {
  it('the project builds', async () => {
    await succeed(workspace.folder, 'run', 'build');
    expect(readdirSync(join(workspace.folder, 'dist/functions'))).toHaveLength(Object.keys(METHODS).length);
    expect(existsSync(join(workspace.folder, 'dist/assets/login.js'))).toBe(true);
    expect(existsSync(join(workspace.folder, 'node_modules'))).toBe(false);
  });

  it('the project starts from the folder of the workspace, and doctor finds no failure', async () => {
    const port = await freePort();
    const member = ['--workspace', 'packages/sign-in'];
    const { printed } = run(workspace.root, 'start', ...member, '--', '--port', String(port));
    await printed(/Press Ctrl-C to stop/);
    const page = await fetch(`http://localhost:${port}/login.js`);
    expect(page.status).toBe(200);
    const found = await succeed(workspace.root, 'run', 'doctor', ...member, '--', `http://localhost:${port}`);
    expect(found).toContain('Nothing failed');
  });

  it('the project starts for development', async () => {
    const { printed } = run(workspace.folder, 'run', 'dev', '--', '--port', String(await freePort()));
    await printed(/^Watching/m);
  });

  it('backend keys are made', async () => {
    expect(await succeed(workspace.folder, 'run', 'backend-key', '--', 'crm', 'mint')).toContain('fbk_crm.');
  });
});

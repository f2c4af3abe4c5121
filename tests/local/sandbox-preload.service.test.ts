import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { type Sandbox, startSandbox } from '../../sandbox/server';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

const PRELOAD = path.join(__dirname, '../../local/sandbox-preload.ts');

const args = (script: string) => ['--require', 'tsx/cjs', '--require', PRELOAD, '--eval', script];

/** Runs a process with the preload until it ends. */
function run(script: string, env: Record<string, string>) {
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, args(script), { env: { PATH: process.env.PATH, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

/** Starts a process with the preload and a message channel. */
function start(script: string) {
  const env = { PATH: process.env.PATH, SANDBOX_ORIGIN: sandbox.origin };
  return spawn(process.execPath, args(script), { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

describe('a process with the preload', () => {
  it('calls the sandbox instead of Twilio, even if its environment is replaced afterwards', async () => {
    const script = `process.env = {}; fetch('https://iam.twilio.com/x').then((r) => console.log(r.status))`;
    const child = await run(script, { SANDBOX_ORIGIN: sandbox.origin });
    expect(child).toMatchObject({ stdout: '404\n', code: 0 });
    expect(sandbox.requestsTo('iam')).toMatchObject([{ path: '/x' }]);
  });

  it('does not start without a sandbox', async () => {
    const child = await run('console.log("started")', {});
    expect(child).toMatchObject({ stdout: '', code: 1, stderr: expect.stringContaining('SANDBOX_ORIGIN is missing') });
  });

  it('ends when the process that started it ends', async () => {
    const script = `process.send('ready'); setInterval(() => {}, 1000)`;
    const child = start(script);
    await once(child, 'message');
    child.disconnect();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('ends by itself when its work is done', async () => {
    const child = start('');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});

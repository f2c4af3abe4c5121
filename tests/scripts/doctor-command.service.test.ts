import { execFile } from 'node:child_process';
import { freePort } from '../../local/ports';
import { startService } from '../../local/running-service';
import { prepareSandboxRun } from '../../local/sandbox-run';
import type { Variables } from '../../local/twilio-run';
import { type Checkout, makeCheckout } from '../support/checkout';
import { type NpmRun, npm } from '../support/npm';

let checkout: Checkout | undefined;
let running: NpmRun | undefined;

afterEach(async () => {
  await running?.interrupt();
  checkout?.remove();
  running = checkout = undefined;
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function doctor(parameters: readonly string[], { folder }: Checkout, environment: Variables = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { ...process.env, ...environment } };
    execFile('npm', ['--silent', 'run', 'doctor', '--', ...parameters], options, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

it('npm run doctor finds nothing to mend in what npm start serves without an account', async () => {
  checkout = makeCheckout('ALLOWED_ORIGINS=https://app.example.com\n');
  const port = await freePort();
  running = npm(checkout, 'start', '--', '--port', String(port));
  await running.printed(/Ctrl-C ends it/);

  const { code, stdout } = await doctor([`http://localhost:${port}/`, '--origin', 'https://app.example.com'], checkout);
  expect(stdout).toMatch(new RegExp(`^Checking http://localhost:${port}, `));
  expect(stdout).toMatch(/^not checked {2}The account: the service uses the sandbox/m);
  expect(stdout).toMatch(/^ok {11}Redirect URL: .* looks trusted/m);
  expect(stdout).toMatch(/^ok {11}Origin https:\/\/app\.example\.com/m);
  expect(stdout).toMatch(/\nNothing failed; not checked: 1\.\n$/);
  expect(code).toBe(0);
});

it('npm run doctor reads .env, exits with 1 where something failed, and prints no secret', async () => {
  const service = await startService();
  const run = await prepareSandboxRun(service.sandbox, {});
  try {
    const { ACCOUNT_SID, AUTH_TOKEN } = service.sandbox.environment();
    checkout = makeCheckout(`ACCOUNT_SID=${ACCOUNT_SID}\nAUTH_TOKEN=${AUTH_TOKEN}\n`);
    const { code, stdout, stderr } = await doctor(
      [service.origin, '--origin', 'https://app.example.com', '--origin', 'https://crm.example.com'],
      checkout,
      { ...run.environment, NODE_OPTIONS: run.nodeArguments.join(' ') },
    );
    expect(stdout).toContain(`discovered: ${service.sandbox.instanceSid}`);
    expect(stdout.match(/^failed .*$/gm)).toEqual([
      expect.stringContaining('Origin https://app.example.com'),
      expect.stringContaining('Origin https://crm.example.com'),
    ]);
    expect(code).toBe(1);
    expect(stdout + stderr).not.toContain(AUTH_TOKEN);
  } finally {
    await run.close();
    await service.close();
  }
});

it.each([
  [['your-service.twil.io']],
  [['https://your-service.twil.io/login.html']],
  [['https://one.twil.io', 'https://two.twil.io']],
  [['--origin', '*']],
  [['--origin', 'https://app.example.com/path']],
  [['--orgin', 'https://app.example.com']],
])('npm run doctor explains itself, and exits with 2, where it is called with %j', async (parameters) => {
  checkout = makeCheckout();
  expect(await doctor(parameters, checkout)).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/Usage: npm run doctor -- .*\n.*https:\/\/your-service\.twil\.io/),
  });
});

import { freePort } from '../../local/ports';
import { startService } from '../../local/running-service';
import { prepareSandboxRun } from '../../local/sandbox-run';
import type { Variables } from '../../local/twilio-run';
import { type Checkout, makeCheckout } from '../support/checkout';
import { type NpmRun, npm } from '../support/npm';
import { runScript } from '../support/run-script';

let checkout: Checkout | undefined;
let running: NpmRun | undefined;

afterEach(async () => {
  await running?.interrupt();
  checkout?.remove();
  running = checkout = undefined;
});

const doctor = (parameters: readonly string[], from: Checkout, environment?: Variables) =>
  runScript(from, 'doctor', parameters, environment);

it('npm run doctor finds no failure in what npm start serves without an account', async () => {
  checkout = makeCheckout('ALLOWED_ORIGINS=https://app.example.com\n');
  const port = await freePort();
  running = npm(checkout, 'start', '--', '--port', String(port));
  await running.printed(/Press Ctrl-C to stop/);

  const { code, stdout } = await doctor([`http://localhost:${port}/`, '--origin', 'https://app.example.com'], checkout);
  expect(stdout).toMatch(new RegExp(`^Checking http://localhost:${port}\\. `));
  expect(stdout).toMatch(/^not checked {2}Account: the service uses the sandbox/m);
  expect(stdout).toMatch(/^ok {11}Redirect URL: .* looks trusted/m);
  expect(stdout).toMatch(/^ok {11}Origins: pages of https:\/\/app\.example\.com can read/m);
  expect(stdout).toMatch(/\nNothing failed; not checked: 1\.\n$/);
  expect(code).toBe(0);
});

it('npm run doctor reads .env, ends with 1 if a check failed, and prints no secret', async () => {
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
    expect(stdout).toContain(`The Flex instance is ${service.sandbox.instanceSid}`);
    expect(stdout.match(/^failed .*$/gm)).toEqual([
      expect.stringContaining('pages of https://app.example.com cannot'),
      expect.stringContaining('pages of https://crm.example.com cannot'),
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
])('npm run doctor prints its usage and ends with 2 if its parameters are %j', async (parameters) => {
  checkout = makeCheckout();
  expect(await doctor(parameters, checkout)).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/Usage: npm run doctor -- .*\n.*https:\/\/your-service\.twil\.io/),
  });
});

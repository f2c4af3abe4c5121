import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { freePort } from '../../../local/ports';
import { prepareSandboxRun } from '../../../local/sandbox-run';
import type { Variables } from '../../../local/twilio-run';
import { type Sandbox, startSandbox } from '../../../sandbox/server';
import { type Checkout, makeCheckout } from '../../support/checkout';
import { npm } from '../../support/npm';
import { runScript } from '../../support/run-script';
import { csvOf, user, usersNamed, useTeamFiles } from './support';

const files = useTeamFiles();
const EXAMPLE = join(__dirname, '../../../examples/team.csv');

let sandbox: Sandbox;
let checkout: Checkout;
beforeAll(async () => {
  sandbox = await startSandbox();
  checkout = makeCheckout();
});
beforeEach(() => sandbox.reset());
afterAll(async () => {
  await sandbox?.close();
  checkout?.remove();
});

const team = (parameters: readonly string[], from: Checkout = checkout, environment?: Variables) =>
  runScript(from, 'team', parameters, environment);

const inSandbox = (...parameters: string[]) => team([...parameters, '--sandbox', sandbox.origin]);
const writes = () => sandbox.requests.filter(({ path }) => path.endsWith('/Provision'));

describe('npm run team', () => {
  it('plans first (2), applies on request (0), and then has nothing left to do (0)', async () => {
    const plan = await inSandbox(EXAMPLE);
    expect(plan.stdout).toMatch(
      new RegExp(`^Comparing with account ${sandbox.accountSid} \\(Flex instance ${sandbox.instanceSid}\\)`),
    );
    expect(plan.stdout).toContain('4 users (3 agent, 1 supervisor, 1 admin)');
    expect(plan.stdout).toMatch(/^create {5}chen@example\.com {2}roles: agent, supervisor; attributes: language, /m);
    expect(plan.stdout).toContain('4 to create, 0 to change, 0 unchanged, 0 failed.');
    expect(plan.code).toBe(2);
    expect(writes()).toEqual([]);

    const applied = await inSandbox(EXAMPLE, '--apply');
    expect(applied.stdout).toMatch(new RegExp(`^Changing account ${sandbox.accountSid}`));
    expect(applied.stdout).toContain('4 created, 0 changed, 0 unchanged, 0 failed.');
    expect(applied.code).toBe(0);
    expect(sandbox.user('chen@example.com')).toMatchObject({
      roles: ['agent', 'supervisor'],
      worker_attributes: { language: ['english', 'chinese'], 'channel.voice.capacity': 1 },
    });

    const again = await inSandbox(EXAMPLE);
    expect(again.stdout).toMatch(/^unchanged {2}ana@example\.com {3}attributes not compared$/m);
    expect(again.stdout).toContain('Attributes of 3 existing users were not compared: Twilio does not return them.');
    expect(again.code).toBe(0);
    expect(writes()).toHaveLength(4);
  });

  it('prints what differs of each user', async () => {
    await inSandbox(files.write(csvOf([user('ana'), user('ben')])), '--apply');
    const file = files.write(
      csvOf([user('ana', { fullName: 'Ana\u202e Alves', roles: ['agent', 'admin'] }), user('ben')]),
    );
    const { stdout, code } = await inSandbox(file);
    expect(stdout).toMatch(/^change {5}ana {2}full_name: "Name of ana" -> "Ana Alves"; roles: agent -> agent, admin$/m);
    expect(stdout).toMatch(/^unchanged {2}ben$/m);
    expect(code).toBe(2);
  });

  it('lists all faults of a file (1), and makes no request', async () => {
    const text = 'username,email,full_name,roles,language\nana,,Ana,boss\nANA,ana@example.com,Ana,agent\n';
    const { stdout, stderr, code } = await inSandbox(files.write(text), '--apply');
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr.match(/^ {2}line .*?:/gm)).toEqual([
      '  line 1, language:',
      '  line 2, email:',
      '  line 2, roles:',
      '  line 3, username:',
    ]);
    expect(sandbox.requests).toEqual([]);
  });

  it('goes on after a row that fails, and ends with 1, in the plan too', async () => {
    const file = files.write(csvOf(usersNamed('user', 25)));
    sandbox.fault({ host: 'flex-api', path: /Username=user7$/, status: 500 });
    const plan = await inSandbox(file);
    expect(plan.stdout).toMatch(/^failed {5}user7 {3}see below$/m);
    expect(plan.code).toBe(1);

    const applied = await inSandbox(file, '--apply');
    expect(applied.stdout).toContain('24 created, 0 changed, 0 unchanged, 1 failed.');
    expect(applied.stdout).toMatch(/^ {2}line 8, user7: .* \(Twilio: status 500, code 20500, RQ[0-9a-f]{32}\)$/m);
    expect(applied.stdout).toContain('Fix the cause, then run the same command again. It does only what is left.');
    expect(applied.code).toBe(1);
    // Not a terminal: a line for every ten users.
    expect(applied.stderr).toBe('10 of 25 users, 1 failed\n20 of 25 users, 1 failed\n');
    expect(writes()).toHaveLength(24);
  });

  it('prints the plan, the result and faults as JSON with --json', async () => {
    const file = files.write(csvOf([user('ana')]));
    const plan = await inSandbox(file, '--json');
    const expected = { line: 2, username: 'ana', outcome: 'create', changes: [], not_compared: [] };
    const summary = { create: 1, change: 0, unchanged: 0, failed: 0, left: 0 };
    expect(JSON.parse(plan.stdout)).toEqual({
      account_sid: sandbox.accountSid,
      flex_instance_sid: sandbox.instanceSid,
      file,
      apply: false,
      roles: { agent: 1 },
      summary,
      users: [expected],
    });
    expect(plan.code).toBe(2);

    const applied = await inSandbox(file, '--json', '--apply');
    expect(JSON.parse(applied.stdout)).toMatchObject({ apply: true, summary, users: [expected] });
    expect(applied.code).toBe(0);

    const faulty = await inSandbox(files.write('username\n'), '--json');
    expect(JSON.parse(faulty.stdout)).toMatchObject({ faults: [{ line: 1, column: 'email' }, {}, {}] });
    expect(faulty.code).toBe(1);
  });

  it.each([[[]], [['one.csv', 'two.csv']], [['--apply']], [['one.csv', '--delete']]])(
    'prints its usage and ends with 1 for %j',
    async (parameters) => {
      expect(await team(parameters)).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(/^Usage: npm run team -- FILE/),
      });
    },
  );
});

describe('Ctrl-C during npm run team', () => {
  let child: ChildProcess | undefined;
  afterEach(() => {
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, 'SIGKILL');
    child = undefined;
  });

  it('ends it after the requests in flight, says how to go on, and a second run does the rest', async () => {
    const file = files.write(csvOf(usersNamed('user', 200)));
    sandbox.fault({ host: 'flex-api', delayMs: 20 });
    const parameters = ['--silent', 'run', 'team', '--', file, '--apply', '--sandbox', sandbox.origin];
    // In a process group, as in a terminal: Ctrl-C reaches npm and the command.
    child = spawn('npm', parameters, { cwd: checkout.folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const { pid = 0 } = child;
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        if (/^20 of 200/m.test(output + text) && !/^20 of 200/m.test(output)) process.kill(-pid, 'SIGINT');
        output += text;
      });
    }
    const [code] = await once(child, 'close');
    expect(output).toContain('Stopping after the requests in flight.');
    expect(output).toMatch(/ 0 failed, \d+ not reached\.$/m);
    expect(output).toContain('To continue, run the same command again. It does only what is left.');
    // npm itself may report the signal.
    expect([1, null]).toContain(code);
    const created = writes().length;
    expect(created).toBeLessThan(100);
    expect(output).toContain(`${created} created`);

    const second = await inSandbox(file, '--apply');
    expect(second.stdout).toContain(`${200 - created} created, 0 changed, ${created} unchanged, 0 failed.`);
    expect(writes()).toHaveLength(200);
  });
});

describe('the account of npm run team', () => {
  it('is that of .env, and no file holds an email address or a name afterwards', async () => {
    const run = await prepareSandboxRun(sandbox, {});
    const own = makeCheckout(`ACCOUNT_SID=${sandbox.accountSid}\nAUTH_TOKEN=${sandbox.authToken}\n`);
    try {
      const environment = { ...run.environment, NODE_OPTIONS: run.nodeArguments.join(' '), TMPDIR: own.temporary };
      const { stdout, code } = await team([EXAMPLE, '--apply'], own, environment);
      expect(stdout).toMatch(/with the credentials of \.env\.$/m);
      expect(stdout).not.toContain(sandbox.authToken);
      expect(code).toBe(0);
      expect(sandbox.user('dana@example.com')).toMatchObject({ roles: ['admin'] });
      const written = readdirSync(own.temporary, { recursive: true, withFileTypes: true }).filter((entry) =>
        entry.isFile(),
      );
      const texts = written.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'));
      expect(texts.filter((text) => text.includes('dana@example.com') || text.includes('Dana Diaz'))).toEqual([]);
      expect(readdirSync(own.folder).sort()).toEqual(readdirSync(checkout.folder).concat('.env').sort());
    } finally {
      await run.close();
      own.remove();
    }
  });

  it('is incomplete if .env has half of the credentials: the message names the other half (1)', async () => {
    const own = makeCheckout(`ACCOUNT_SID=${sandbox.accountSid}\n`);
    try {
      expect(await team([EXAMPLE], own)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('AUTH_TOKEN is missing'),
      });
    } finally {
      own.remove();
    }
  });

  it('is the sandbox of a running npm start, by the command that npm start prints', async () => {
    const port = await freePort();
    const running = npm(checkout, 'start', '--', '--port', String(port));
    try {
      await running.printed(/Press Ctrl-C to stop/);
      const [, printed = ''] = /npm run team -- (.*)$/m.exec(running.output()) ?? [];
      const [, ...options] = printed.split(' ');
      const { stdout, code } = await team([EXAMPLE, ...options]);
      expect(stdout).toContain('nothing leaves this machine');
      expect(stdout).toContain('4 to create');
      expect(code).toBe(2);
    } finally {
      await running.interrupt();
    }
  });

  it.each([
    ['http://127.0.0.1:1', /^There is no sandbox at http:\/\/127\.0\.0\.1:1\./],
    ['https://example.com', /^--sandbox must be the URL of a sandbox on this machine/],
  ])('is nowhere at %s (1)', async (url, message) => {
    expect(await team([EXAMPLE, '--sandbox', url])).toMatchObject({ code: 1, stderr: expect.stringMatching(message) });
  });
});

it('the account of a sandbox is not told to a page that reaches it under another host name', async () => {
  const { port } = new URL(sandbox.origin);
  const status = await new Promise((resolve) => {
    const headers = { Host: `attacker.example:${port}` };
    get({ host: '127.0.0.1', port, path: '/account', headers }, (response) => resolve(response.statusCode)).end();
  });
  expect(status).toBe(404);
});

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../local/ports';
import { type Checkout, makeCheckout } from '../support/checkout';
import { type NpmRun, npm } from '../support/npm';

const portOf = (server: NetServer): number => (server.address() as AddressInfo).port;

/** A proxy that must not receive requests for this machine. */
async function startProxy(): Promise<{
  readonly url: string;
  readonly requests: string[];
  readonly close: () => void;
}> {
  const requests: string[] = [];
  const refuse = (request: IncomingMessage) => requests.push(`${request.method} ${request.url}`);
  const server = createHttpServer((request, response) => {
    refuse(request);
    response.writeHead(502).end();
  });
  server.on('connect', (request, socket) => {
    refuse(request);
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const CREDENTIALS = `ACCOUNT_SID=AC${'0'.repeat(32)}\nAUTH_TOKEN=${'1'.repeat(32)}\n`;

let checkout: Checkout | undefined;
let runs: NpmRun[] = [];

afterEach(async () => {
  await Promise.all(runs.map((run) => run.interrupt()));
  checkout?.remove();
  checkout = undefined;
  runs = [];
});

async function start(env?: string, port?: number): Promise<NpmRun> {
  checkout = makeCheckout(env);
  return startIn(checkout, '--port', String(port ?? (await freePort())));
}

function startIn(folder: Checkout, ...parameters: string[]): NpmRun {
  const run = npm(folder, 'start', '--', ...parameters);
  runs.push(run);
  return run;
}

/** Runs the printed commands in order, and returns their output. */
async function pasteCommands(output: string, environment: NodeJS.ProcessEnv = {}): Promise<readonly string[]> {
  const commands = output.split('\n').filter((line) => /^(curl|[A-Z]+=\$\(curl)/.test(line));
  const { stdout } = await promisify(execFile)('bash', ['-euc', commands.join('\necho ----\n')], {
    env: { ...process.env, ...environment },
  });
  const answers = stdout.split('----\n').map((text) => text.trim());
  expect(answers).toHaveLength(commands.length);
  return answers;
}

const firstLine = (text: string) => text.split('\n')[0];
const originIn = (output: string) => /http:\/\/localhost:\d+/.exec(output)?.[0] ?? '';

/** `npm start`, started once for all tests of a `describe`. */
function useStart(env: string): { readonly output: () => string; readonly origin: () => string } {
  let folder: Checkout | undefined;
  let run: NpmRun | undefined;
  beforeAll(async () => {
    folder = makeCheckout(env);
    run = npm(folder, 'start', '--', '--port', String(await freePort()));
    await run.printed(/Press Ctrl-C to stop/);
  });
  afterAll(async () => {
    await run?.interrupt();
    folder?.remove();
  });
  const output = () => run?.output() ?? '';
  return { output, origin: () => originIn(output()) };
}

async function expectNoDetailsOnMalformedBody(origin: string): Promise<void> {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(`${origin}/lookup`, { method: 'POST', headers, body: '{"username":' });
  expect(answer.status).toBe(400);
  expect(await answer.text()).not.toMatch(/node_modules|\.js:/);
}

describe('npm start without credentials', () => {
  it('says that it uses the sandbox before anything else, and prints commands that work in their order', async () => {
    const { printed, output } = await start();
    await printed(/Press Ctrl-C to stop/);
    expect(firstLine(output())).toMatch(/^Using the sandbox/);
    // No call was made yet.
    expect(output()).not.toContain('"operation"');

    const answers = await pasteCommands(output());
    const [provisioned, found, minted, token, own, ownMinted, deprovisioned, access, byProvider, config] = answers;
    const json = (text: string | undefined) => JSON.parse(text ?? '');
    expect(json(provisioned)).toMatchObject({ username: 'user1', worker: { worker_sid: expect.any(String) } });
    expect(json(found)).toMatchObject({ username: 'user1' });
    expect(json(minted)).toMatchObject({ access_token: expect.any(String), token_info: { username: 'user1' } });
    expect(token).toBe('');
    expect(json(own)).toMatchObject({ username: 'user1' });
    expect(json(ownMinted)).toMatchObject({ token_info: { username: 'user1' } });
    expect(deprovisioned).toMatch(/^HTTP\/1.1 204/);
    expect(access).toBe('');
    expect(json(byProvider)).toMatchObject({ token_info: { username: 'newcomer@example.com', roles: ['agent'] } });
    expect(json(config)).toMatchObject({ account_sid: expect.stringMatching(/^AC/) });
    await expectNoDetailsOnMalformedBody(originIn(output()));
  });

  describe('and with other settings', () => {
    const { output, origin } = useStart(
      'ALLOWED_ORIGINS=https://app.example.com\nMAX_TOKEN_TTL=300\nNODE_ENV=development\n',
    );

    it('keeps the other settings of .env', async () => {
      const config = await (await fetch(`${origin()}/config`)).json();
      expect(config).toMatchObject({ allowed_origins: ['https://app.example.com'] });
    });

    it('prints commands that work if MAX_TOKEN_TTL is less than an hour', async () => {
      const refused = (await pasteCommands(output())).filter((answer) => /"code":/.test(answer));
      expect(refused).toEqual([]);
    });

    it('signs in at 127.0.0.1 too', async () => {
      const { port } = new URL(origin());
      const login = await fetch(`http://127.0.0.1:${port}/login.js`);
      const [sandbox = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(await login.text()) ?? [];
      const redirectUrl = `http://127.0.0.1:${port}/login.html`;
      const query = new URLSearchParams({
        redirectUrl,
        ssoProfileSid: 'JQ',
        nonce: 'n',
        state: 's',
        codeChallenge: 'c'.repeat(43),
      });
      const answer = await fetch(`${sandbox}/services.twilio.com/v1/Flex/Authorize?${query}`);
      expect(await answer.text()).not.toContain('not among the trusted URLs');
    });

    it('does not reveal how a malformed body failed, in development either', () =>
      expectNoDetailsOnMalformedBody(origin()));
  });

  it('leaves another run of the same folder as it is, on the same port and on another', async () => {
    const port = await freePort();
    const first = await start(undefined, port);
    await first.printed(/Press Ctrl-C to stop/);
    expect(await startIn(checkout as Checkout, '--port', String(port)).ended).toBe(1);
    const second = startIn(checkout as Checkout, '--port', String(await freePort()));
    await second.printed(/Press Ctrl-C to stop/);
    await second.interrupt();

    const page = await fetch(`http://localhost:${port}/login.js`);
    const config = await fetch(`http://localhost:${port}/config`);
    const { account_sid } = (await config.json()) as { account_sid: string };
    expect(await page.text()).toContain(account_sid);
    expect((await pasteCommands(first.output())).at(-1)).toContain(account_sid);
  });

  it('tells one of two that are started at once that the port is taken', async () => {
    const port = await freePort();
    const one = await start(undefined, port);
    const other = startIn(checkout as Checkout, '--port', String(port));
    const code = await Promise.race([one.ended, other.ended]);
    const [ended, serving] = one.child.exitCode === null ? [other, one] : [one, other];
    expect(code).toBe(1);
    expect(ended.output()).toContain(`Port ${port} is taken.`);
    await serving.printed(/Press Ctrl-C to stop/);
    expect((await pasteCommands(serving.output())).at(-1)).toContain('"account_sid"');
  });

  it('leaves nothing behind if it is interrupted while it builds', async () => {
    const running = await start();
    await running.printed(/^Using the sandbox/);
    await running.interrupt();
    expect(readdirSync(checkout?.temporary ?? '').filter((name) => name.startsWith('flex-run'))).toEqual([]);
  });

  it.each([
    ['as soon as its process exists', /^start\.ts is there/m],
    ['while it builds', /^Using the sandbox/m],
  ])('ends everything that it started, and leaves nothing behind, when npm alone is ended %s', async (_, moment) => {
    checkout = makeCheckout('', { NODE_OPTIONS: '--require ./notice.cjs' });
    const notice = "if (process.argv[1]?.endsWith('start.ts')) console.log('start.ts is there');";
    writeFileSync(join(checkout.folder, 'notice.cjs'), notice);
    const running = startIn(checkout, '--port', String(await freePort()));
    await running.printed(moment);
    await running.terminate();
    expect(readdirSync(checkout.temporary).filter((name) => name.startsWith('flex-run'))).toEqual([]);
  });

  it('ends when npm alone is ended while it builds for a real account', async () => {
    const running = await start(CREDENTIALS);
    await running.printed(/^Using Twilio account/);
    await running.terminate();
    expect(running.output()).not.toContain('Press Ctrl-C to stop');
  });

  it.each(['interrupt', 'terminate'] as const)(
    'ends everything that it started on %s, and leaves nothing behind',
    async (how) => {
      const port = await freePort();
      const running = await start(undefined, port);
      await running.printed(/Press Ctrl-C to stop/);
      // Resolves when the last process that writes to this terminal has ended.
      await running[how]();
      await expect(fetch(`http://localhost:${port}/config`)).rejects.toThrow();
      expect(readdirSync(checkout?.temporary ?? '').filter((name) => name.startsWith('flex-run'))).toEqual([]);
    },
  );
});

describe('npm start with credentials', () => {
  it('hands the settings of .env to the Functions as it reads them itself, and leaves no copy of them behind', async () => {
    const env = `\uFEFFexport ACCOUNT_SID=AC${'0'.repeat(32)} # mine\r\nAUTH_TOKEN="a#b" # secret\r\n# ACCOUNT_SID=AC${'1'.repeat(32)}\r\nALLOWED_ORIGINS="https://a.example,\r\nhttps://b.example" # CRM\r\nLOG_LEVEL= # default\r\n`;
    const { printed, output, interrupt } = await start(env);
    await printed(/Press Ctrl-C to stop/);
    expect(firstLine(output())).toContain(`AC${'0'.repeat(32)}`);
    const origin = originIn(output());
    expect(await (await fetch(`${origin}/config`)).json()).toEqual({
      account_sid: `AC${'0'.repeat(32)}`,
      allowed_origins: ['https://a.example', 'https://b.example'],
      telemetry: false,
      log_level: 'error',
    });
    const deployed = readFileSync(join(checkout?.folder ?? '', 'dist/env'), 'utf8');
    expect(deployed).toContain('ALLOWED_ORIGINS="https://a.example,\\nhttps://b.example"\n');
    await expectNoDetailsOnMalformedBody(origin);
    await interrupt('SIGQUIT');
    await expect(fetch(`${origin}/config`)).rejects.toThrow();
    expect(readdirSync(checkout?.temporary ?? '').filter((name) => name.startsWith('flex-run'))).toEqual([]);
  });

  describe('for development', () => {
    const { output, origin } = useStart(`${CREDENTIALS}NODE_ENV=development`);

    it('says that it uses the real Twilio before anything else, and has nothing of the sandbox', () => {
      expect(firstLine(output())).toBe(`Using Twilio account AC${'0'.repeat(32)}, because .env has its credentials.`);
      expect(output()).not.toMatch(/sandbox/i);
      expect(output()).not.toContain('1'.repeat(32));
    });

    it('does not reveal how a malformed body failed', () => expectNoDetailsOnMalformedBody(origin()));
  });
});

describe('npm start behind a proxy', () => {
  let proxy: Awaited<ReturnType<typeof startProxy>>;
  beforeEach(async () => {
    proxy = await startProxy();
  });
  afterEach(() => proxy.close());

  const variants: [string, (url: string) => Record<string, string>][] = [
    ['NODE_USE_ENV_PROXY', (url) => ({ NODE_USE_ENV_PROXY: '1', HTTP_PROXY: url, HTTPS_PROXY: url })],
    [
      'NODE_USE_ENV_PROXY and a NO_PROXY for other hosts',
      (url) => ({ NODE_USE_ENV_PROXY: '1', HTTP_PROXY: url, HTTPS_PROXY: url, NO_PROXY: '.corp.example' }),
    ],
    [
      'NODE_USE_ENV_PROXY and a NO_PROXY for this machine',
      (url) => ({ NODE_USE_ENV_PROXY: '1', HTTP_PROXY: url, HTTPS_PROXY: url, NO_PROXY: 'localhost,127.0.0.1' }),
    ],
    ['names in lower case', (url) => ({ NODE_USE_ENV_PROXY: '1', http_proxy: url, https_proxy: url })],
    ['a proxy for every scheme, which curl knows', (url) => ({ all_proxy: url })],
  ];

  it.each(variants)(
    'reaches this machine directly (%s), and so do its Functions and the printed commands',
    async (_, variables) => {
      const environment = variables(proxy.url);
      checkout = makeCheckout('', environment);
      const { printed, output } = startIn(checkout, '--port', String(await freePort()));
      await printed(/Press Ctrl-C to stop/);
      const answers = await pasteCommands(output(), environment);
      expect(answers.filter((answer) => /"code":/.test(answer))).toEqual([]);
      expect(answers.at(-1)).toContain('"account_sid"');
      expect(proxy.requests).toEqual([]);
    },
  );
});

describe('npm start explains in one line', () => {
  const explanation = async (env?: string, port?: number): Promise<string> => {
    const { ended, output } = await start(env, port);
    expect(await ended).toBe(1);
    return output().trimEnd();
  };

  it('a port that is taken', async () => {
    const taken = createServer().listen(0);
    await once(taken, 'listening');
    const port = portOf(taken);
    expect(await explanation(undefined, port)).toMatch(new RegExp(`^Port ${port} is taken\\. .*--port ${port + 1}$`));
    taken.close();
  });

  it('words that it does not know', async () => {
    checkout = makeCheckout();
    const { ended, output } = startIn(checkout, '4000');
    expect(await ended).toBe(1);
    expect(output().trimEnd()).toBe('npm start has one option, --port: npm start -- --port 4000');
  });

  it('half a pair of credentials', async () => {
    expect(await explanation(`ACCOUNT_SID=AC${'0'.repeat(32)}\n`)).toMatch(/^.*AUTH_TOKEN is missing.*$/);
  });

  it('credentials without an account', async () => {
    expect(await explanation('AUTH_TOKEN=the-auth-token\n')).toMatch(/^.*ACCOUNT_SID is missing.*$/);
  });

  it.each(['', `ACCOUNT_SID=AC${'0'.repeat(32)}\nAUTH_TOKEN=x\n`])(
    'a malformed setting (with .env %j)',
    async (env) => {
      expect(await explanation(`${env}LOG_LEVEL=loud\n`)).toMatch(/^.*LOG_LEVEL must be one of .*$/);
      expect(await explanation(`${env}FLEX_INSTANCE_SID=GO1\n`)).toMatch(/^.*FLEX_INSTANCE_SID must be .*$/);
    },
  );

  it('a line of .env that it cannot read', async () => {
    expect(await explanation('LOG_LEVEL=warn\nFLEX\n')).toMatch(/^\.env, line 2: .*$/);
  });

  it('a port that is none', async () => {
    expect(await explanation(undefined, 65_536)).toMatch(/^65536 is not a port.*$/);
  });
});

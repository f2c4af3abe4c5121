import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../local/ports';
import { type Checkout, makeCheckout } from '../support/checkout';
import { type NpmRun, npm } from '../support/npm';

const CONFIG = 'src/functions/config.ts';

let checkout: Checkout;
let dev: NpmRun;
let origin: string;

beforeAll(async () => {
  checkout = makeCheckout();
  const port = await freePort();
  origin = `http://localhost:${port}`;
  dev = npm(checkout, 'run', 'dev', '--', '--port', String(port));
  await dev.printed(/^Watching/m);
});
afterAll(async () => {
  await dev?.interrupt();
  checkout?.remove();
});

const path = (file: string) => join(checkout.folder, file);
const config = async () => (await fetch(`${origin}/config`)).json() as Promise<Record<string, unknown>>;
const statusOf = async (name: string) => (await fetch(`${origin}/${name}`)).status;

/** Changes files, and resolves with what is printed once that has had its effect. */
async function save(texts: Readonly<Record<string, string | undefined>>): Promise<string> {
  const before = dev.output().length;
  for (const [file, text] of Object.entries(texts)) {
    if (text === undefined) rmSync(path(file));
    else {
      // At once, as editors do: a file that is half written is another change.
      writeFileSync(path('unsaved'), text);
      renameSync(path('unsaved'), path(file));
    }
  }
  const [name = ''] = Object.keys(texts);
  await dev.printed(new RegExp(`^[\\s\\S]{${before}}[\\s\\S]*(Updated in|Changed:) .*${name.replaceAll('.', '\\.')}`));
  return dev.output().slice(before);
}

/** The source of `/config`, with another status. */
const withStatus = (status: number) => readFileSync(path(CONFIG), 'utf8').replace('status: 200', `status: ${status}`);

describe('npm run dev', () => {
  it('serves a saved Function at the next request, with the same account, users and keys', async () => {
    const [, bearer] = /^ {2}(fbk_\S+)$/m.exec(dev.output()) ?? [];
    const call = (name: string, fields: object) =>
      fetch(`${origin}/${name}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${bearer}` },
        body: JSON.stringify(fields),
      });
    const user = { username: 'kept', email: 'kept@example.com', full_name: 'Kept User', roles: ['agent'] };
    expect((await call('provision', user)).status).toBe(201);
    const { account_sid } = await config();
    const original = readFileSync(path(CONFIG), 'utf8');

    await save({ [CONFIG]: withStatus(203) });
    expect(await statusOf('config')).toBe(203);
    expect(await config()).toMatchObject({ account_sid });
    expect((await call('lookup', { username: 'kept' })).status).toBe(200);

    await save({ [CONFIG]: original });
    expect(await statusOf('config')).toBe(200);
  });

  it('serves a change in a module that several Functions share', async () => {
    const shared = 'src/http/reply.ts';
    const original = readFileSync(path(shared), 'utf8');
    await save({ [shared]: original.replaceAll("'no-store'", "'no-store, max-age=0'") });
    expect((await fetch(`${origin}/lookup`)).headers.get('cache-control')).toBe('no-store, max-age=0');
    expect((await fetch(`${origin}/mint`)).headers.get('cache-control')).toBe('no-store, max-age=0');
    await save({ [shared]: original });
  });

  it('serves a change in a module that Functions load when they need it', async () => {
    const lazy = 'src/auth/validator.ts';
    const original = readFileSync(path(lazy), 'utf8');
    const status = async () =>
      (await fetch(`${origin}/lookup`, { headers: { Authorization: 'Bearer a.b.c.d.e' } })).status;
    expect(await status()).toBe(401);
    await save({ [lazy]: original.replace('let accepted', "if (token) throw new Error('changed');\n  let accepted") });
    expect(await status()).toBe(500);
    await save({ [lazy]: original });
  });

  it.each([
    ['a type error', 'export const wrong: string = 1;', /config\.ts\(\d+,\d+\): error TS2322/],
    ['a syntax error', '=>', /ERROR|error TS/],
    ['an import that does not exist', "import './nowhere';", /nowhere/],
  ])('prints %s, continues to serve the last good build, and recovers', async (_, line, words) => {
    const original = readFileSync(path(CONFIG), 'utf8');
    const printed = await save({ [CONFIG]: `${line}\n${withStatus(203)}` });
    expect(printed).toMatch(words);
    expect(printed).toContain('Still serving the last good build.');
    expect(await statusOf('config')).toBe(200);

    await save({ [CONFIG]: original.replace('status: 200', 'status: 203') });
    expect(await statusOf('config')).toBe(203);
    await save({ [CONFIG]: original });
  });

  it('serves a new Function, until its file is deleted', async () => {
    const added = 'src/functions/added.ts';
    await save({ [added]: withStatus(203) });
    expect(await statusOf('added')).toBe(203);
    await save({ [added]: undefined });
    expect(await statusOf('added')).toBe(404);
  });

  it('uses a changed .env, and keeps the last good one if it cannot read the new one', async () => {
    const { account_sid } = await config();
    await save({ '.env': 'LOG_LEVEL=warn # as deployed\n' });
    expect(await config()).toMatchObject({ account_sid, log_level: 'warn' });
    expect(await save({ '.env': 'LOG_LEVEL=warn\nFLEX\n' })).toContain('.env, line 2: ');
    expect(await save({ '.env': 'LOG_LEVEL=loud\n' })).toContain('LOG_LEVEL must be one of');
    expect(await save({ '.env': `ACCOUNT_SID=AC${'0'.repeat(32)}\n` })).toContain('Restart npm run dev.');
    expect(await config()).toMatchObject({ account_sid, log_level: 'warn' });
    await save({ '.env': undefined });
    expect(await config()).toMatchObject({ log_level: 'error' });
  });

  it('writes nothing into dist, from which a deploy takes its files', () => {
    expect(readdirSync(checkout.folder)).not.toContain('dist');
  });
});

it.each(['interrupt', 'terminate'] as const)('npm run dev ends everything that it started on %s', async (how) => {
  const other = makeCheckout();
  const port = await freePort();
  const run = npm(other, 'run', 'dev', '--', '--port', String(port));
  try {
    await run.printed(/^Watching/m);
    // Resolves when the last process that writes to this terminal has ended.
    await run[how]();
    await expect(fetch(`http://localhost:${port}/config`)).rejects.toThrow();
    expect(readdirSync(other.temporary).filter((name) => name.startsWith('flex-run'))).toEqual([]);
  } finally {
    await run.interrupt();
    other.remove();
  }
});

it('npm run dev names the port that is taken, and explains its only option', async () => {
  const { port } = new URL(origin);
  const second = npm(checkout, 'run', 'dev', '--', '--port', port);
  expect(await second.ended).toBe(1);
  expect(second.output().trimEnd()).toMatch(new RegExp(`^Port ${port} is taken\\. .*--port ${Number(port) + 1}$`));
  const wrong = npm(checkout, 'run', 'dev', '--', '--prot', port);
  expect(await wrong.ended).toBe(1);
  expect(wrong.output().trimEnd()).toBe('npm run dev has one option, --port: npm run dev -- --port 4000');
});

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Service, startService } from '../../local/running-service';
import { welcome } from '../../local/welcome';
import { METHODS } from '../../src/contract/functions';
import { blocksOf, PAGES, ROOT, read, tableBelow } from './support/pages';

const run = promisify(execFile);
const { scripts } = JSON.parse(read('package.json'));

const blocks = PAGES.flatMap((page) => blocksOf(page, 'bash'));
const isCurl = (command: string) => command.startsWith('curl');
/** A curl command may take several lines; any other takes one. */
const commands = blocks.flatMap(({ page, text }) =>
  (isCurl(text) ? [text.trim()] : text.trim().split('\n')).map((command) => ({ page, command })),
);
const matching = (isKind: (command: string) => boolean) => commands.filter(({ command }) => isKind(command));

/** Commands that other tests run, or that need a Twilio account. */
const NOT_RUN = new Set([
  'npm ci && npm start',
  'npm ci && npm test',
  'npm run deploy',
  // The steps of CONTRIBUTING.md.
  'npx jest tests/functions/ping',
  'npm run lint',
  'npm run build && twilio serverless:deploy',
]);
const isBackendKey = (command: string) => command.startsWith('npm run backend-key ');
const isDoctor = (command: string) => command.startsWith('npm run doctor ');
const isTeam = (command: string) => command.startsWith('npm run team ');
const isTwilioRun = (command: string) => command.startsWith('npx twilio-run ');

describe('the commands in the documentation', () => {
  let service: Service;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'flex-docs-'));
    service = await startService({ ALLOWED_ORIGINS: 'https://app.example.com' });
  });
  afterAll(async () => {
    await service?.close();
    rmSync(folder, { recursive: true });
  });

  const here = (text: string) =>
    text.replaceAll(/http:\/\/localhost:3000|https:\/\/YOUR-SERVICE\.twil\.io/g, service.origin);

  it.each(matching(isCurl))('$page: this works in the order of the page: $command', async ({ command }) => {
    const env = { ...process.env, KEY: service.sandbox.backendKey };
    const script = here(command).replaceAll('curl ', 'curl --fail ');
    await expect(run('bash', ['-euc', script], { cwd: folder, env })).resolves.toBeDefined();
  });

  it.each(matching(isBackendKey))('$page: this ends without an error: $command', async ({ command }) => {
    await expect(run('bash', ['-euc', command], { cwd: ROOT })).resolves.toBeDefined();
  });

  // The check itself would call Twilio about single sign-on, so only its options are checked.
  it.each(matching(isDoctor))('$page: doctor has the options of: $command', async ({ command }) => {
    const usage = await run('npm', ['run', '--silent', 'doctor', '--', '--help'], { cwd: ROOT }).catch(
      (error) => error,
    );
    const options = command.split(' ').filter((word) => /^--\w/.test(word));
    expect(options.filter((option) => !`${usage.stdout}${usage.stderr}`.includes(option))).toEqual([]);
  });

  it.each(matching(isTeam))('$page: this works with a sandbox: $command', async ({ command }) => {
    const { stdout } = await run('bash', ['-euc', `${command} --sandbox ${service.sandbox.origin}`], {
      cwd: ROOT,
    }).catch(
      // 2: the plan has changes.
      (error) => (error.code === 2 ? error : Promise.reject(error)),
    );
    expect(stdout).toContain('0 failed.');
  });

  it.each(matching(isTwilioRun))(
    '$page: twilio-run has this command and its options: $command',
    async ({ command }) => {
      const [, ...words] = command.split(' ');
      const options = words.filter((word) => word.startsWith('--'));
      const path = words.slice(
        0,
        words.findIndex((word) => word.startsWith('--')),
      );
      const { stdout } = await run('npx', [...path, '--help'], { cwd: ROOT });
      expect(stdout).toContain(`${path.join(' ')}\n`);
      expect(options.filter((option) => !new RegExp(`${option}\\b`).test(stdout))).toEqual([]);
    },
  );

  it.each(
    matching((command) => ![isCurl, isBackendKey, isDoctor, isTeam, isTwilioRun].some((isKind) => isKind(command))),
  )('$page: a test of the command itself covers this: $command', ({ command }) => {
    expect([...NOT_RUN]).toContain(command);
  });

  it('include a curl command for each Function', () => {
    expect(
      Object.keys(METHODS).filter((name) => !matching(isCurl).some(({ command }) => command.includes(`:3000/${name}`))),
    ).toEqual([]);
  });

  it('print what the README shows of npm start', () => {
    const printed = welcome(service.sandbox, service.origin, 3600).split('\n');
    const [output] = blocksOf('README.md', 'text');
    const shown = here(output?.text ?? '')
      .split('\n')
      .filter((line) => line.trim() !== '…');
    expect(shown.length).toBeGreaterThan(5);
    expect(shown.filter((line) => !printed.some((other) => matches(line, other)))).toEqual([]);
  });
});

/** Returns whether a line matches the documented one, with any text for `…`. */
function matches(shown: string, line: string): boolean {
  const pattern = shown.split('…').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${pattern.join('.*')}$`).test(line);
}

it('every npm command that the documentation mentions exists', () => {
  const mentioned = PAGES.flatMap((page) => [...read(page).matchAll(/npm run ([a-z:-]+)|npm (start|test)\b/g)]);
  const names = mentioned.map(([, name, short]) => name ?? short ?? '');
  expect(names.filter((name) => scripts[name] === undefined)).toEqual([]);
});

it('the README lists every command of package.json', () => {
  const listed = tableBelow('README.md', '## Commands').map(([cell = '']) => /npm (?:run )?([a-z:-]+)/.exec(cell)?.[1]);
  const internal = ['typecheck', 'format'];
  expect([...listed].sort()).toEqual(
    Object.keys(scripts)
      .filter((name) => !internal.includes(name))
      .sort(),
  );
});

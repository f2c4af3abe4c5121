import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Service, startService } from '../../local/running-service';
import { welcome } from '../../local/welcome';
import { startOpenIdProvider } from '../../sandbox/openid/server';
import { blocksOf, PAGES } from './support/pages';

// People replace the user name of an example with their own, and `+`, `&` or `%` have a meaning in forms and queries.

const run = promisify(execFile);

const documented = PAGES.flatMap((page) => blocksOf(page, 'bash'))
  .map(({ text }) => text.trim())
  .filter((command) => command.startsWith('curl') && /user1|agent@example\.com/.test(command));

let service: Service;
let printed: readonly string[];
beforeAll(async () => {
  service = await startService();
  const provider = await startOpenIdProvider();
  printed = welcome(service.sandbox, service.origin, 3600, provider)
    .split('\n')
    .filter((line) => /^(curl|[A-Z]+=\$\(curl)/.test(line));
  await provider.close();
});
afterAll(() => service?.close());

/** The commands with another user name, in quotes if it stands alone. */
const withUsername = (commands: readonly string[], username: string) =>
  commands.map((command) =>
    command
      .replaceAll('http://localhost:3000', service.origin)
      .replaceAll(/username=(user1|agent@example\.com)/g, `'username=${username}'`)
      .replaceAll('"user1"', JSON.stringify(username)),
  );

async function paste(commands: readonly string[]): Promise<string[]> {
  const env = { ...process.env, KEY: service.sandbox.backendKey };
  const script = commands.join('\necho ----\n');
  const { stdout } = await run('bash', ['-euc', script], { env });
  return stdout.split('----\n');
}

describe.each(['jane+flex@example.com', 'r&d=1@example.com', '50%25@example.com', 'zoë@example.com', 'ann lee'])(
  'for a user named %s,',
  (username) => {
    it('the commands that npm start prints work', async () => {
      const aboutUser = printed.filter((command) => !command.includes('ACCESS'));
      const outputs = await paste(withUsername(aboutUser, username));
      expect(outputs.filter((output) => output.includes('"code":'))).toEqual([]);
      expect(outputs.filter((output) => output.includes(JSON.stringify(username).slice(1, -1)))).toHaveLength(5);
    });

    it('the documented curl commands work', async () => {
      const [provision = ''] = printed;
      const outputs = await paste(withUsername([provision, ...documented], username));
      expect(documented.length).toBeGreaterThan(3);
      expect(outputs.filter((output) => output.includes('"code":'))).toEqual([]);
      expect(outputs.some((output) => output.includes(username))).toBe(true);
    });
  },
);

it('no command sends a user name with an option of curl that does not encode it', () => {
  const commands = [...printed, ...documented];
  expect(commands.filter((command) => /(-d|--data|-F) '?username=/i.test(command))).toEqual([]);
});

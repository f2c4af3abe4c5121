import { bypassProxyForLoopback } from '../../local/proxy';
import { prepareSandboxRun } from '../../local/sandbox-run';
import { type Sandbox, startSandbox } from '../../sandbox/server';

// `tests/scripts/start.service.test.ts` starts everything behind a proxy. Only Node 22.21 and 24 send `fetch` through one, so these
// tests say the same of every version.

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

describe('a proxy gets no requests to this machine', () => {
  it.each<[string, NodeJS.ProcessEnv, string[]]>([
    ['no NO_PROXY', { HTTP_PROXY: 'http://proxy' }, []],
    ['an empty NO_PROXY', { NO_PROXY: '', no_proxy: '' }, []],
    ['a NO_PROXY for other hosts', { NO_PROXY: '.corp.example,10.0.0.0/8' }, ['.corp.example', '10.0.0.0/8']],
    ['a no_proxy in lower case', { no_proxy: 'intranet' }, ['intranet']],
    ['both, of which programs read the lower case first', { no_proxy: 'one', NO_PROXY: 'other' }, ['one']],
    ['a NO_PROXY for a part of this machine', { NO_PROXY: 'localhost' }, []],
  ])('with %s', (_, env, others) => {
    bypassProxyForLoopback(env);
    expect(env.NO_PROXY?.split(',')).toEqual(expect.arrayContaining([...others, 'localhost', '127.0.0.1', '[::1]']));
    expect(env.no_proxy).toBe(env.NO_PROXY);
  });

  it('with a NO_PROXY for every host, which is left as it is', () => {
    const env = { NO_PROXY: '*' };
    bypassProxyForLoopback(env);
    expect(env).toEqual({ NO_PROXY: '*' });
  });

  it('from the Functions in the sandbox: twilio-run replaces their environment, so they know of no proxy at all', async () => {
    const run = await prepareSandboxRun(sandbox, {});
    const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'];
    const inherited = Object.fromEntries(names.map((name) => [name, 'http://proxy']));
    const environment: NodeJS.ProcessEnv = { ...inherited, ...run.environment };
    await run.close();
    expect(names.filter((name) => environment[name] !== undefined)).toEqual([]);
  });
});

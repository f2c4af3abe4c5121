import type { ChildProcess } from 'node:child_process';
import { waitUntilItAnswers } from '../../local/twilio-run';

const ORIGIN = 'http://localhost:3000';

/** The process that serves, as far as the wait looks at it. */
const running = (): { exitCode: number | null; signalCode: NodeJS.Signals | null } => ({
  exitCode: null,
  signalCode: null,
});
const wait = (server: ReturnType<typeof running>) => waitUntilItAnswers(ORIGIN, server as ChildProcess);

/** `fetch` that never settles by itself, as through a proxy that does not respond. */
const hangs: typeof fetch = (_, init) =>
  new Promise((_resolve, reject) => {
    init?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
  });
const fails: typeof fetch = async () => {
  throw new TypeError('fetch failed');
};

let request: jest.SpyInstance<ReturnType<typeof fetch>, Parameters<typeof fetch>>;
beforeEach(() => {
  jest.useFakeTimers();
  request = jest.spyOn(globalThis, 'fetch');
  // By the clock of the test.
  jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    const limit = new AbortController();
    setTimeout(() => limit.abort(), ms);
    return limit.signal;
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

describe('waiting until the service responds', () => {
  it.each([
    ['hang, as through a proxy', hangs],
    ['fail', fails],
  ])('ends with advice after two minutes if all requests %s', async (_, respond) => {
    request.mockImplementation(respond);
    const outcome = expect(wait(running())).rejects.toThrow(
      `No response from ${ORIGIN} within 120 s. Check proxy and firewall settings.`,
    );
    await jest.advanceTimersByTimeAsync(130_000);
    await outcome;
  });

  it.each([
    ['hangs', hangs],
    ['fails', fails],
  ])('goes on after a request that %s', async (_, respond) => {
    request.mockImplementationOnce(respond).mockImplementation(async () => new Response());
    const outcome = wait(running());
    await jest.advanceTimersByTimeAsync(15_000);
    expect(await outcome).toBe(true);
    expect(request).toHaveBeenCalledTimes(2);
  });

  it.each([{ exitCode: 1 }, { signalCode: 'SIGTERM' as const }])('ends when the process does: %j', async (how) => {
    request.mockImplementation(fails);
    const server = running();
    const outcome = wait(server);
    await jest.advanceTimersByTimeAsync(1_000);
    Object.assign(server, how);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(await outcome).toBe(false);
  });
});

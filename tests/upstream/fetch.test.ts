import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fetchWhole } from '../../src/upstream/fetch';

const REQUEST_ID = `RQ${'0'.repeat(32)}`;

describe('fetching', () => {
  async function served<T>(listener: RequestListener, use: (origin: string) => Promise<T>): Promise<T> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  it('returns the whole response, and does not follow redirects', async () => {
    const headers = { Location: 'http://127.0.0.1:9/', 'Twilio-Request-Id': REQUEST_ID, 'Retry-After': '7' };
    const got = await served(
      (_, response) => response.writeHead(307, headers).end('body'),
      (origin) => fetchWhole(origin, {}, 60_000),
    );
    expect(got).toEqual({ status: 307, text: 'body', requestId: REQUEST_ID, retryAfter: '7' });
  });

  it('returns a response without a body, and leaves no timer that keeps the process alive', async () => {
    const setting = jest.spyOn(globalThis, 'setTimeout');
    const clearing = jest.spyOn(globalThis, 'clearTimeout');
    const got = await served(
      (_, response) => response.writeHead(204).end(),
      (origin) => fetchWhole(origin, {}, 54_321),
    );
    expect(got).toMatchObject({ status: 204, text: '' });
    const ours = setting.mock.results.filter((_, index) => setting.mock.calls[index]?.[1] === 54_321);
    expect(ours).toHaveLength(1);
    expect(clearing).toHaveBeenCalledWith(ours[0]?.value);
    jest.restoreAllMocks();
  });

  it.each([
    ['before the headers', () => {}],
    ['in the middle of the body', (_, response) => void response.writeHead(200).write('half')],
  ] as [string, RequestListener][])('is given up after its limit, %s', async (_, listener) => {
    await served(listener, async (origin) => {
      await expect(fetchWhole(origin, {}, 200)).rejects.toMatchObject({ why: 'timeout' });
    });
  });

  it('tells a broken connection from a slow one', async () => {
    await served(
      (request) => request.socket.resetAndDestroy(),
      async (origin) => {
        await expect(fetchWhole(origin, {}, 60_000)).rejects.toMatchObject({ why: 'connection' });
      },
    );
  });
});

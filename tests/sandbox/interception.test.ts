import { EventEmitter, once } from 'node:events';
import http, { type IncomingMessage, type RequestListener, type Server } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { interceptTwilio } from '../../sandbox/interception';
import { type Sandbox, startSandbox } from '../../sandbox/server';
import { basic, CALLERS } from './support';

let undo = () => {};
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  undo();
  undo = () => {};
  for (const close of closing.splice(0)) await close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server: Server = http.createServer(listener).listen(0, '127.0.0.1');
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function sandboxed(): Promise<Sandbox> {
  const sandbox = await startSandbox();
  closing.push(() => sandbox.close());
  undo = interceptTwilio(sandbox.origin);
  return sandbox;
}

/** Replaces a sandbox: reports when it got a request, and when the connection closed. Sends at most half a body. */
async function silentSandbox(answers: 'nothing' | 'half a body') {
  const events = new EventEmitter();
  const [asked, gone] = [once(events, 'asked'), once(events, 'gone')];
  const origin = await serve((_, response) => {
    events.emit('asked');
    response.once('close', () => events.emit('gone'));
    if (answers === 'half a body') response.writeHead(200, { 'Content-Length': 10 }).write('half');
  });
  undo = interceptTwilio(origin);
  return { asked, gone };
}

it('looks at the host of a request: a path that names Twilio is not Twilio', async () => {
  await sandboxed();
  const origin = await serve((_request, response) => response.end('untouched'));
  const answer = await fetch(`${origin}/flex-api.twilio.com`);
  expect(await answer.text()).toBe('untouched');
});

describe.each(CALLERS)('a request to Twilio by %s', (_, call) => {
  it.each([
    ['flex-api', 'flex-api.twilio.com'],
    ['flex-api', 'flex-api.au1.twilio.com'],
    ['flex-api', 'flex-api.sydney.au1.twilio.com'],
    ['iam', 'iam.twilio.com'],
    ['iam', 'iam.ie1.twilio.com'],
    ['services', 'services.twilio.com'],
  ] as const)('goes to %s of the sandbox if it is for %s', async (service, host) => {
    const sandbox = await sandboxed();
    await call(`https://${host}/v1/Some%20Thing?a=b%2Fc`, { headers: basic('name', 'secret') });
    expect(sandbox.requestsTo(service)).toMatchObject([
      { host, method: 'GET', path: '/v1/Some%20Thing?a=b%2Fc', headers: basic('name', 'secret') },
    ]);
  });

  it.each(['api.twilio.com', 'taskrouter.twilio.com', 'twilio.com', 'api.twilio.com.', 'a.b.c.flex-api.twilio.com'])(
    'fails if the sandbox does not emulate %s, and does not reach the network',
    async (host) => {
      const sandbox = await sandboxed();
      const failure = await call(`https://${host}/`).catch((error) => error.cause ?? error);
      expect(failure.message).toMatch(`The sandbox does not emulate ${host}`);
      expect(sandbox.requests).toEqual([]);
    },
  );

  it('fails like a refused connection after the sandbox was closed', async () => {
    const sandbox = await sandboxed();
    await sandbox.close();
    const failure = await call('https://iam.twilio.com/').catch((error) => error.cause ?? error);
    expect(failure).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('also ends in the sandbox when the caller gives up before the headers', async () => {
    const { asked, gone } = await silentSandbox('nothing');
    const controller = new AbortController();
    const failed = expect(call('https://iam.twilio.com/', { signal: controller.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    await asked;
    controller.abort();
    await failed;
    await gone;
  });

  it('also ends in the sandbox when the caller gives up in the middle of the body', async () => {
    const { gone } = await silentSandbox('half a body');
    const controller = new AbortController();
    const answer = await call('https://iam.twilio.com/', { signal: controller.signal });
    const failed = expect(answer.text()).rejects.toBeDefined();
    controller.abort();
    await failed;
    await gone;
  });

  it('can still be aborted in the middle of the body after a garbage collection', async () => {
    const { gone } = await silentSandbox('half a body');
    const controller = new AbortController();
    const text = (await call('https://iam.twilio.com/', { signal: controller.signal })).text();
    const failed = expect(text).rejects.toBeDefined();
    await collectGarbage();
    controller.abort();
    await failed;
    await gone;
  });
});

describe('a request by https.request', () => {
  it('carries its headers and its whole body, and gets those of the response', async () => {
    const sandbox = await sandboxed();
    const request = https.request('https://flex-api.twilio.com/v1/Nothing', { method: 'POST' });
    request.setHeader('X-Mine', 'yes');
    request.write('{"a":');
    request.end('"é"}');
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    expect(response.headers).toMatchObject({ 'content-type': 'application/json' });
    expect(sandbox.requests).toMatchObject([
      { method: 'POST', headers: { 'x-mine': 'yes' }, body: '{"a":"é"}', json: { a: 'é' } },
    ]);
    expect(response.headers['twilio-request-id']).toBe(sandbox.requests[0]?.requestId);
  });

  it('also ends in the sandbox when it is destroyed, and reports that once', async () => {
    const { asked, gone } = await silentSandbox('nothing');
    const request = https.get('https://iam.twilio.com/');
    const errors: Error[] = [];
    request.on('error', (error) => errors.push(error));
    await asked;
    request.destroy();
    await gone;
    await new Promise(setImmediate);
    expect(errors).toMatchObject([{ code: 'ECONNRESET', message: 'socket hang up' }]);
  });

  it('reports a broken connection once', async () => {
    const sandbox = await sandboxed();
    sandbox.fault({ reset: 'before-headers' });
    const request = https.get('https://iam.twilio.com/');
    const errors: Error[] = [];
    request.on('error', (error) => errors.push(error));
    await new Promise((resolve) => request.once('close', resolve));
    expect(errors).toMatchObject([{ code: 'ECONNRESET' }]);
  });
});

describe('a request by fetch', () => {
  it('carries its headers and its whole body, and gets those of the response', async () => {
    const sandbox = await sandboxed();
    const response = await fetch('https://flex-api.twilio.com/v1/Nothing', {
      method: 'POST',
      headers: { 'X-Mine': 'yes', ...basic('name', 'secret') },
      body: '{"a":"é"}',
    });
    expect([response.status, response.url]).toEqual([404, 'https://flex-api.twilio.com/v1/Nothing']);
    expect(sandbox.requests).toMatchObject([
      { method: 'POST', headers: { 'x-mine': 'yes', ...basic('name', 'secret') }, json: { a: 'é' } },
    ]);
    expect(response.headers.get('twilio-request-id')).toBe(sandbox.requests[0]?.requestId);
  });

  it('rejects with the reason of an abort', async () => {
    const { asked } = await silentSandbox('nothing');
    const controller = new AbortController();
    const failed = expect(fetch('https://iam.twilio.com/', { signal: controller.signal })).rejects.toBe('my reason');
    await asked;
    controller.abort('my reason');
    await failed;
  });

  it('may be a Request object', async () => {
    const sandbox = await sandboxed();
    await fetch(new Request('https://iam.twilio.com/x', { method: 'PUT', body: 'y', headers: { 'X-Mine': 'yes' } }));
    expect(sandbox.requests).toMatchObject([{ method: 'PUT', path: '/x', body: 'y', headers: { 'x-mine': 'yes' } }]);
  });
});

describe('a request to another host', () => {
  it.each(['fetch', 'http.request'])('is reached directly by %s', async (way) => {
    const sandbox = await sandboxed();
    const origin = await serve((request, response) => {
      response.setHeader('X-Seen', `${request.method} ${request.url} ${request.headers['x-mine']}`);
      request.pipe(response);
    });
    const init = { method: 'POST', headers: { 'X-Mine': 'yes' } };
    if (way === 'fetch') {
      const response = await fetch(`${origin}/there?x=1`, { ...init, body: 'echo' });
      expect([response.headers.get('x-seen'), await response.text()]).toEqual(['POST /there?x=1 yes', 'echo']);
    } else {
      const request = http.request(`${origin}/there?x=1`, init).end('echo');
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      const chunks = await response.setEncoding('utf8').toArray();
      expect([response.headers['x-seen'], chunks.join('')]).toEqual(['POST /there?x=1 yes', 'echo']);
    }
    expect(sandbox.requests).toEqual([]);
  });
});

describe('interceptTwilio', () => {
  it('restores everything when it is stopped', async () => {
    const before = [globalThis.fetch, http.request, https.request, https.get];
    await sandboxed();
    expect(globalThis.fetch).not.toBe(before[0]);
    undo();
    expect([globalThis.fetch, http.request, https.request, https.get]).toEqual(before);
  });

  it.each(['https://example.com', 'http://192.0.2.1:3000', 'http://127.0.0.1.example.com'])(
    'refuses %s as a sandbox, because credentials would leave this machine',
    (origin) => {
      expect(() => interceptTwilio(origin)).toThrow('not a loopback address');
    },
  );
});

/** Several rounds, with time in between, so that weakly held objects are collected. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const gc: () => void = runInNewContext('gc');
  for (let round = 0; round < 10; round += 1) {
    await new Promise(setImmediate);
    gc();
  }
}

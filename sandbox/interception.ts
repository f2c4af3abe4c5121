import { ClientRequest } from 'node:http';
import { BatchInterceptor, getRawRequest } from '@mswjs/interceptors';
import { ClientRequestInterceptor } from '@mswjs/interceptors/ClientRequest';
import { FetchInterceptor } from '@mswjs/interceptors/fetch';
import { isTwilioHost, serviceOf } from './twilio-hosts';

type Fetch = typeof globalThis.fetch;

// These belong to one connection, and there are two: the caller's, which is simulated, and the one to the sandbox. A
// response keeps those that say where its body ends: without them, a truncated body would look complete.
const CONNECTION_HEADERS = ['connection', 'keep-alive'];
const REQUEST_CONNECTION_HEADERS = [...CONNECTION_HEADERS, 'content-length', 'host', 'transfer-encoding'];

// Node ends a request when its signal or its response is garbage-collected. This map keeps them as long as the body.
const keptAlive = new WeakMap<ReadableStream, unknown>();

/**
 * Sends this process's requests to Twilio (`fetch`, `http` and `https`) to a sandbox instead, over real HTTP. Requests to
 * Twilio hosts that the sandbox does not emulate fail before they reach the network. All other requests pass through.
 *
 * Aborting or destroying a request also ends the one to the sandbox. A connection that breaks or is refused there fails here
 * in the same way.
 *
 * @param sandboxOrigin `http://127.0.0.1:PORT`; credentials are sent there, so it must be on this machine
 * @returns a function that stops the interception
 */
export function interceptTwilio(sandboxOrigin: string): () => void {
  const { origin, hostname } = new URL(sandboxOrigin);
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(hostname)) {
    throw new Error(`The sandbox must run on this machine: ${hostname} is not a loopback address`);
  }
  const fetch = globalThis.fetch;
  const interceptor = new BatchInterceptor({
    name: 'twilio-sandbox',
    interceptors: [new FetchInterceptor(), new ClientRequestInterceptor()],
  });
  interceptor.apply();
  // biome-ignore lint/nursery/noMisusedPromises: the library waits for this promise, though its type says void
  interceptor.on('request', async ({ request, controller }) => {
    const url = new URL(request.url);
    if (!isTwilioHost(url.hostname)) return;
    const caller = getRawRequest(request);
    const target = `${origin}/${url.hostname}${url.pathname}${url.search}`;
    const isEmulated = serviceOf(url.hostname) !== undefined;
    if (caller instanceof ClientRequest) {
      if (!isEmulated) return controller.errorWith(notEmulated(url));
      const disconnection = new AbortController();
      caller.once('close', () => {
        disconnection.abort();
        // The library frees its request parser on this event, which a destroyed socket never emits.
        caller.socket?.emit('finish');
      });
      try {
        controller.respondWith(asNodeResponse(await forward(fetch, request, target, disconnection.signal)));
      } catch (error) {
        // The caller has left, but the request must count as handled, or it would go to the real Twilio.
        controller.errorWith(disconnection.signal.aborted ? undefined : asNodeError(error));
      }
    } else {
      if (!isEmulated) return controller.errorWith(new TypeError('fetch failed', { cause: notEmulated(url) }));
      try {
        controller.respondWith(await forward(fetch, request, target, request.signal));
      } catch (error) {
        // The library itself rejects an aborted request with the reason of its signal.
        if (!request.signal.aborted) controller.errorWith(error);
      }
    }
  });
  return () => interceptor.dispose();
}

async function forward(fetch: Fetch, request: Request, target: string, signal: AbortSignal): Promise<Response> {
  const response = await fetch(target, {
    method: request.method,
    headers: without(REQUEST_CONNECTION_HEADERS, request.headers),
    body: request.body === null ? null : await request.arrayBuffer(),
    redirect: 'manual', // the caller decides whether to follow it
    signal,
  });
  if (response.body !== null) keptAlive.set(response.body, [request, response]);
  return new Response(response.body, {
    status: response.status,
    statusText: response.statusText,
    headers: without(CONNECTION_HEADERS, response.headers),
  });
}

// Built from entries, because the library's patched constructor copies only some of the headers while intercepting: a
// request with a body would lose its Authorization.
function without(names: string[], headers: Headers): Headers {
  return new Headers([...headers].filter(([name]) => !names.includes(name)));
}

/** Returns the same response, but if its body breaks, the error is one that `http` callers know. */
function asNodeResponse(response: Response): Response {
  if (response.body === null) return response;
  return new Response(ReadableStream.from(relay(response.body)), response);
}

async function* relay(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw asNodeError(error);
  }
}

/**
 * Returns the error that `http` would give for a failed `fetch`: the cause, with its code. Always a new Error, because the
 * interceptors drop what is not `instanceof` their Error, and under Jest an error of Node's `fetch` is not.
 */
function asNodeError(error: unknown): Error {
  const { cause } = error as { cause?: { code?: unknown; message?: unknown } };
  const code = typeof cause?.code === 'string' && !cause.code.startsWith('UND_ERR') ? cause.code : 'ECONNRESET';
  const message = typeof cause?.message === 'string' ? cause.message : String(error);
  return Object.assign(new Error(message), { code });
}

function notEmulated(url: URL): Error {
  const message = `The sandbox does not emulate ${url.hostname}, and no request may reach the real one`;
  return Object.assign(new Error(message), { code: 'ENOTFOUND' });
}

import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { MiddlewareHandler } from 'hono';
import type { RecordedRequest, SandboxEnv } from './env';
import { twilioError } from './hosts/twilio-error';
import type { TwilioService } from './twilio-hosts';

/** A fault to inject. `host`, `method`, `path` and `times` select requests; the rest says what happens to them. */
export interface Fault {
  host?: TwilioService;
  method?: string;
  /** Matched against the path with its query. */
  path?: RegExp;
  /** How many matching requests are affected. Default: all. */
  times?: number;
  /** A delay before anything else happens. */
  delayMs?: number;
  /** Without `body`: 400 and above return Twilio's error body; a lower status replaces that of the real response. */
  status?: number;
  /** An object is sent as JSON, a string unchanged. */
  body?: unknown;
  contentType?: string;
  headers?: Readonly<Record<string, string>>;
  /** The header `Retry-After`: seconds or an HTTP date. */
  retryAfter?: string | number;
  /** Sends nothing (further). With `before-headers`, the request has no effect either. */
  hang?: 'before-headers' | 'mid-body';
  /** Breaks the connection. With `before-headers`, the request has no effect either. */
  reset?: 'before-headers' | 'mid-body';
  /** Sends `application/json` with a truncated body, with status 200 unless `status` is set. */
  brokenJson?: true;
}

/** The faults to inject. */
export class Faults {
  #orders: { fault: Fault; left: number }[] = [];

  order(fault: Fault): void {
    this.#orders.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.#orders = [];
  }

  /** Returns the oldest fault that matches and is not used up. */
  take({ service, method, path }: RecordedRequest): Fault | undefined {
    const order = this.#orders.find(
      ({ fault, left }) =>
        left > 0 &&
        (fault.host ?? service) === service &&
        (fault.method ?? method).toUpperCase() === method &&
        // search, unlike test, keeps no position for a pattern with the g flag.
        (fault.path === undefined || path.search(fault.path) !== -1),
    );
    if (order !== undefined) order.left -= 1;
    return order?.fault;
  }
}

/** Injects the faults around the handlers of the emulated hosts. */
export function troubled(faults: Faults): MiddlewareHandler<SandboxEnv> {
  return async (c, next) => {
    const fault = faults.take(c.get('asked'));
    if (fault === undefined) return next();
    const { incoming, outgoing } = c.env;
    const gone = disconnection(outgoing);

    if (fault.delayMs !== undefined) await sleep(fault.delayMs, undefined, { signal: gone }).catch(() => undefined);
    if (fault.reset === 'before-headers') incoming.socket.resetAndDestroy();
    if (fault.hang === 'before-headers') await aborted(gone);
    if (incoming.socket.destroyed) return RESPONSE_ALREADY_SENT;

    const injected = responseOf(fault);
    if (injected === undefined) await next();
    else c.res = injected;
    if (fault.brokenJson) {
      const text = Buffer.from(await c.res.text());
      c.res = new Response(firstHalf(text), {
        status: fault.status ?? 200,
        headers: { 'Content-Type': 'application/json' },
      });
    } else if (fault.status !== undefined && fault.status !== c.res.status) {
      c.res = new Response(c.res.body, { status: fault.status, headers: c.res.headers });
    }
    for (const [name, value] of Object.entries(fault.headers ?? {})) c.res.headers.set(name, value);
    if (fault.retryAfter !== undefined) c.res.headers.set('Retry-After', String(fault.retryAfter));

    if (fault.hang !== 'mid-body' && fault.reset !== 'mid-body') return;
    await sendFirstHalf(c.res, outgoing);
    if (fault.reset) outgoing.destroy();
    await aborted(gone);
    c.res = RESPONSE_ALREADY_SENT;
  };
}

/** Returns the response that a fault defines; undefined if the real one is to be sent. */
function responseOf({ status = 200, body, contentType }: Fault): Response | undefined {
  if (body === undefined && status < 400) return undefined;
  const isText = typeof body === 'string';
  const content = isText ? body : JSON.stringify(body ?? twilioError(status));
  const type = contentType ?? (isText ? 'text/plain; charset=utf-8' : 'application/json');
  return new Response(content, { status, headers: { 'Content-Type': type } });
}

/** Returns half of the bytes, at least one and never all, so that something is always missing. */
function firstHalf(bytes: Buffer): Buffer<ArrayBuffer> {
  return Buffer.from(bytes.length < 2 ? '{' : bytes.subarray(0, Math.floor(bytes.length / 2)));
}

/** Sends headers for the whole body, but only half of it. Resolves when the bytes are sent or the connection is closed. */
async function sendFirstHalf(response: Response, outgoing: ServerResponse): Promise<void> {
  const whole = Buffer.from(await response.text());
  const half = firstHalf(whole);
  // A 204 has no body to truncate: Node would send none.
  outgoing.writeHead(response.body === null ? 200 : response.status, {
    ...Object.fromEntries(response.headers),
    'Content-Length': Math.max(whole.length, half.length + 1),
  });
  await new Promise<void>((resolve) => {
    outgoing.write(half, () => resolve());
  });
}

/** Returns a signal that aborts when either side closes the connection, so that no fault outlives the caller or the server. */
function disconnection(outgoing: ServerResponse): AbortSignal {
  const controller = new AbortController();
  if (outgoing.destroyed) controller.abort();
  outgoing.once('close', () => controller.abort());
  return controller.signal;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { MiddlewareHandler } from 'hono';
import type { RecordedRequest, SandboxEnv } from './env';
import { twilioError } from './hosts/twilio-error';
import type { Service } from './twilio-hosts';

/** Trouble to order: `host`, `method`, `path` and `times` say for which requests, the rest what happens to them. */
export interface Fault {
  host?: Service;
  method?: string;
  /** Tested on the path with its query. */
  path?: RegExp;
  /** Only the first so many requests that match; all, where left out. */
  times?: number;
  /** Before whatever else happens. */
  delayMs?: number;
  /** Alone, 400 and up answer with Twilio's error body; a lower one is put on the true answer. */
  status?: number;
  /** An object goes out as JSON, a string as it is. */
  body?: unknown;
  contentType?: string;
  headers?: Readonly<Record<string, string>>;
  /** Seconds or an HTTP date, for the header `Retry-After`. */
  retryAfter?: string | number;
  /** No (further) answer; `before-headers` leaves the deed undone as well. */
  hang?: 'before-headers' | 'mid-body';
  /** The connection breaks; `before-headers` leaves the deed undone as well. */
  reset?: 'before-headers' | 'mid-body';
  /** An `application/json`, a 200 unless `status` says otherwise, whose body ends in the middle. */
  brokenJson?: true;
}

/** The faults that are on order. */
export class Faults {
  #orders: { fault: Fault; left: number }[] = [];

  order(fault: Fault): void {
    this.#orders.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.#orders = [];
  }

  /** The fault that was ordered first of those that match and are not used up. */
  take({ service, method, path }: RecordedRequest): Fault | undefined {
    const order = this.#orders.find(
      ({ fault, left }) =>
        left > 0 &&
        (fault.host ?? service) === service &&
        (fault.method ?? method).toUpperCase() === method &&
        // search, unlike test, does not remember where it was for a pattern with the g flag.
        (fault.path === undefined || path.search(fault.path) !== -1),
    );
    if (order !== undefined) order.left -= 1;
    return order?.fault;
  }
}

/** Makes the ordered trouble, around whatever would have answered. */
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

    const ordered = orderedAnswer(fault);
    if (ordered === undefined) await next();
    else c.res = ordered;
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

/** The answer that a fault spells out; undefined where the true one is wanted. */
function orderedAnswer({ status = 200, body, contentType }: Fault): Response | undefined {
  if (body === undefined && status < 400) return undefined;
  const isText = typeof body === 'string';
  const content = isText ? body : JSON.stringify(body ?? twilioError(status));
  const type = contentType ?? (isText ? 'text/plain; charset=utf-8' : 'application/json');
  return new Response(content, { status, headers: { 'Content-Type': type } });
}

/** Half of the bytes, at least one and never all: there is always something to come. */
function firstHalf(bytes: Buffer): Buffer<ArrayBuffer> {
  return Buffer.from(bytes.length < 2 ? '{' : bytes.subarray(0, Math.floor(bytes.length / 2)));
}

/** Sends the headers, which promise the whole body, and half of it. Resolves when the bytes are out, or the line is dead. */
async function sendFirstHalf(answer: Response, outgoing: ServerResponse): Promise<void> {
  const whole = Buffer.from(await answer.text());
  const half = firstHalf(whole);
  // A 204 has no body to break: Node would send none of it.
  outgoing.writeHead(answer.body === null ? 200 : answer.status, {
    ...Object.fromEntries(answer.headers),
    'Content-Length': Math.max(whole.length, half.length + 1),
  });
  await new Promise<void>((resolve) => {
    outgoing.write(half, () => resolve());
  });
}

/** Aborts when the connection closes, whichever side closes it: a fault never outlives the caller, nor the server. */
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

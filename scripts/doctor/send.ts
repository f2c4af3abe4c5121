import { isRecord, parseJson } from '../../src/json';
import { systemCodeOf } from '../../src/upstream/failure';
import { quote } from './finding';

/** What the checks need of the outside world. */
export interface Outside {
  readonly fetch: typeof fetch;
  /** Milliseconds since the epoch, by the clock of this machine. */
  readonly now: () => number;
  /** How long one response may take. A Function may run 10 s. */
  readonly limitMs: number;
}

/** A response, read to its end. */
export interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body, if it is JSON. */
  readonly json: unknown;
  /** How far this machine's clock is ahead of the sender's, if the response has a date. */
  readonly secondsAhead: number | undefined;
}

export type Send = (url: string, init?: RequestInit) => Promise<Received>;

/** Its message says in plain words why there was no response. */
export class NoResponse extends Error {}

/**
 * Returns a function that sends one request. It does not follow redirects: the checks judge where they lead.
 * It throws {@link NoResponse}, after the time limit at the latest.
 */
export const sender =
  ({ fetch, now, limitMs }: Outside): Send =>
  async (url, init = {}) => {
    const limit = AbortSignal.timeout(limitMs);
    try {
      const sentMs = now();
      const response = await fetch(url, { ...init, redirect: 'manual', signal: limit });
      const secondsAhead = secondsAheadOf(response.headers, (sentMs + now()) / 2);
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, json: parseJson(text), secondsAhead };
    } catch (error) {
      throw new NoResponse(limit.aborted ? tooSlow(url, limitMs) : whyNone(url, systemCodeOf(error)));
    }
  };

const tooSlow = (url: string, limitMs: number) =>
  `${new URL(url).host} did not respond within ${Math.ceil(limitMs / 1000)} s`;

function whyNone(url: string, code = 'unknown reason'): string {
  const { host, hostname } = new URL(url);
  if (code === 'ECONNREFUSED') return `nothing listens at ${host}`;
  if (code === 'ENOTFOUND') return `the host ${hostname} does not exist (DNS)`;
  if (code === 'EAI_AGAIN') return `DNS did not respond when looking up ${hostname}`;
  if (/CERT|TLS|SSL|EPROTO/.test(code)) return `a secure connection to ${host} failed (TLS: ${code})`;
  return `the connection to ${host} failed (${code})`;
}

/** @param atMs half-way between the request and the start of the response */
function secondsAheadOf(headers: Headers, atMs: number): number | undefined {
  const dateMs = Date.parse(headers.get('date') ?? '');
  // A date has no fractions of a second: on average, half of one is cut off.
  return Number.isNaN(dateMs) ? undefined : Math.round((atMs - dateMs - 500) / 1000);
}

/** Returns the error of a response, in the shape of this project or of Twilio. */
export function errorIn({ json }: Received): { readonly code?: unknown; readonly message: string } | undefined {
  return isRecord(json) && typeof json.message === 'string' ? { code: json.code, message: json.message } : undefined;
}

/** Describes an unexpected response in a few words. */
export function describe(response: Received): string {
  const { status, headers, text } = response;
  const error = errorIn(response);
  if (error) return [status, error.code, quote(error.message)].filter((part) => part !== undefined).join(' ');
  const location = headers.get('location');
  if (location !== null) return `${status}, a redirect to ${quote(location)}`;
  const type = headers.get('content-type')?.split(';')[0] ?? 'nothing';
  if (type !== 'text/html') return `${status} and ${quote(type)}`;
  const visible = text.replace(/<(script|style|head|title)\b.*?<\/\1>|<[^>]*>/gis, ' ');
  return `${status} and a web page, ${quote(visible)}`;
}

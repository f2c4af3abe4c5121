import { isRecord, parseJson } from '../../src/json';
import { systemCodeOf } from '../../src/upstream/failure';
import { quote } from './finding';

/** What the checks need of the outside world. */
export interface Edges {
  readonly fetch: typeof fetch;
  /** Milliseconds since the epoch, by the clock of this machine. */
  readonly now: () => number;
  /** How long one answer may take; a Function has 10 s. */
  readonly limitMs: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body, where it is JSON. */
  readonly json: unknown;
  /** By the clock of this machine: half-way between the question and the beginning of the answer. */
  readonly atMs: number;
}

/** There was no answer; the message says why, in plain words. */
export class Unanswered extends Error {}

/**
 * One request, which follows no redirect: where that leads to is for the check to judge.
 *
 * @throws {Unanswered} after the time limit at the latest
 */
export async function ask({ fetch, now, limitMs }: Edges, url: string, init: RequestInit = {}): Promise<Answer> {
  const limit = AbortSignal.timeout(limitMs);
  try {
    const askedMs = now();
    const response = await fetch(url, { ...init, redirect: 'manual', signal: limit });
    const atMs = (askedMs + now()) / 2;
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parseJson(text), atMs };
  } catch (error) {
    throw new Unanswered(limit.aborted ? tooSlow(url, limitMs) : whyUnanswered(url, systemCodeOf(error)));
  }
}

const tooSlow = (url: string, limitMs: number) =>
  `${new URL(url).host} did not answer within ${Math.ceil(limitMs / 1000)} s`;

function whyUnanswered(url: string, code = 'for no stated reason'): string {
  const { host, hostname } = new URL(url);
  if (code === 'ECONNREFUSED') return `nothing listens at ${host}`;
  if (code === 'ENOTFOUND') return `there is no host named ${hostname} (DNS)`;
  if (code === 'EAI_AGAIN') return `the name ${hostname} could not be looked up: DNS does not answer`;
  if (/CERT|TLS|SSL|EPROTO/.test(code)) return `no secure connection to ${host} came about (TLS: ${code})`;
  return `the connection to ${host} failed (${code})`;
}

/** The error in this project's shape, or in Twilio's. */
export function errorIn({ json }: Answer): { readonly code?: unknown; readonly message: string } | undefined {
  return isRecord(json) && typeof json.message === 'string' ? { code: json.code, message: json.message } : undefined;
}

/** An answer that is not the expected one, in a few words. */
export function describe(answer: Answer): string {
  const { status, headers, text } = answer;
  const error = errorIn(answer);
  if (error) return [status, error.code, quote(error.message)].filter((part) => part !== undefined).join(' ');
  const location = headers.get('location');
  if (location !== null) return `${status}, a redirect to ${quote(location)}`;
  const type = headers.get('content-type')?.split(';')[0] ?? 'nothing';
  if (type === 'text/html') return `${status} and a web page, ${quote(wordsOf(text))}`;
  return `${status} and ${quote(type)}`;
}

/** What a person would read on a web page. */
function wordsOf(html: string): string {
  return html
    .replace(/<(script|style|head|title)\b.*?<\/\1>/gis, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
}

import { systemCodeOf, UpstreamFailure } from './failure';
import { ResponseBody, toUpstreamResponse, type UpstreamResponse } from './response';

/**
 * Fetches a URL and reads the whole body, with one time limit for both. Does not follow redirects, so credentials never reach
 * another host.
 *
 * @throws {UpstreamFailure}
 */
export async function fetchWhole(url: string, init: RequestInit, limitMs: number): Promise<UpstreamResponse> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), limitMs);
  try {
    const response = await fetch(url, { ...init, signal: limit.signal, redirect: 'manual' });
    const body = new ResponseBody();
    for await (const chunk of response.body ?? []) body.add(chunk);
    return toUpstreamResponse(response.status, body.text(), (name) => response.headers.get(name) ?? undefined);
  } catch (error) {
    if (error instanceof UpstreamFailure) throw error;
    throw limit.signal.aborted
      ? new UpstreamFailure('timeout')
      : new UpstreamFailure('connection', systemCodeOf(error));
  } finally {
    clearTimeout(timer);
  }
}

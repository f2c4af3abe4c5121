import { STEP_LIMIT_MS } from '../failures/deadline';

/** After the page has stopped waiting, so that it reports the time-out itself. */
const ABORT_MS = STEP_LIMIT_MS + 1000;
const platformFetch = globalThis.fetch;

/**
 * Ends a GET of the SDK that hangs, and keeps it from holding up the next one: the SDK has no time-out, and Chromium's
 * HTTP cache makes an identical GET wait for the first. A POST is left alone: it may still bring tokens, which cannot be
 * requested twice.
 */
globalThis.fetch = async (input, init) => {
  const isGet = (init?.method ?? 'GET') === 'GET';
  if (!isGet || init?.signal) return platformFetch(input, init);
  const signal = AbortSignal.timeout(ABORT_MS);
  try {
    return await platformFetch(input, { ...init, cache: 'no-store', signal });
  } catch (error) {
    // A network error would make the SDK start over; this status does not.
    if (signal.aborted) return new Response('{}', { status: 408 });
    throw error;
  }
};

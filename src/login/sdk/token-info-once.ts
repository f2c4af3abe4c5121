/** Longer than a client takes to start. */
const KEPT_MS = 15_000;
const sendRequest = globalThis.fetch;

interface Kept {
  readonly request: string;
  /** `undefined` unless Twilio called the token valid. */
  readonly body: Promise<string | undefined>;
  readonly untilMs: number;
}

let kept: Kept | undefined;

/**
 * Spares the SDK's second request for the same token: the page reads whose it is, then `createClient` does. A response is
 * used a second time at most once.
 */
globalThis.fetch = async (input, init) => {
  if (typeof input !== 'string' || !input.endsWith('/Tokens/Info')) return sendRequest(input, init);
  const request = `${input} ${init?.body}`;
  const earlier = kept;
  kept = undefined;
  if (earlier?.request === request && performance.now() < earlier.untilMs) {
    const body = await earlier.body;
    if (body) return new Response(body, { headers: { 'Content-Type': 'application/json' } });
  }
  const sent = sendRequest(input, init);
  const body = sent.then((response) => (response.ok ? response.clone().text() : undefined)).catch(() => undefined);
  kept = { request, body, untilMs: performance.now() + KEPT_MS };
  return sent;
};

/**
 * In place of `twilio-hosts.ts`, and only in a build that runs against the sandbox: what is meant for
 * `https://<host>.twilio.com/path` goes to `<sandbox>/<host>.twilio.com/path`. The bundling sets the origin, and
 * takes a loopback one only.
 */
declare const UNSAFE_TWILIO_ORIGIN: string;

export function atTwilio(url: string): string {
  return url.replace(/^https:\/\/([a-z0-9.-]+\.twilio\.com)(?=[/?#]|$)/, `${UNSAFE_TWILIO_ORIGIN}/$1`);
}

const realFetch = globalThis.fetch;
// Both bundles hold this module, and a second wrapper finds nothing left to change.
globalThis.fetch = (input, init) => realFetch(typeof input === 'string' ? atTwilio(input) : input, init);

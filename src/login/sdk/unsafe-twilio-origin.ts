/**
 * Replaces `twilio-hosts.ts`, only in a build that runs against the sandbox: requests to
 * `https://<host>.twilio.com/path` go to `<sandbox>/<host>.twilio.com/path`. The build sets the origin, and accepts a
 * loopback one only.
 */
declare const UNSAFE_TWILIO_ORIGIN: string;

export function atTwilio(url: string): string {
  return url.replace(/^https:\/\/([a-z0-9.-]+\.twilio\.com)(?=[/?#]|$)/, `${UNSAFE_TWILIO_ORIGIN}/$1`);
}

const realFetch = globalThis.fetch;
// Both bundles contain this module; a second wrapper finds nothing left to change.
globalThis.fetch = (input, init) => realFetch(typeof input === 'string' ? atTwilio(input) : input, init);

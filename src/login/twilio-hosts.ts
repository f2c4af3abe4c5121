/** The address that the browser is sent to. A build for the sandbox has `unsafe-twilio-origin.ts` in place of this file. */
export function atTwilio(url: string): string {
  return url;
}

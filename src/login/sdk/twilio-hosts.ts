/** Returns the URL to send the browser to. A build for the sandbox replaces this file by `unsafe-twilio-origin.ts`. */
export function atTwilio(url: string): string {
  return url;
}

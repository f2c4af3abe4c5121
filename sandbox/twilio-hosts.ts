/** The Twilio services that the sandbox emulates. */
export const SERVICES = ['flex-api', 'flex', 'iam', 'services'] as const;
export type TwilioService = (typeof SERVICES)[number];

// Twilio puts an edge, a region or both between the service and its domain: `flex-api.sydney.au1.twilio.com`.
const SERVICE_HOST = /^(?<service>[a-z-]+)(?:\.[a-z0-9-]+){0,2}\.twilio\.com$/;

/** Returns the service behind a host name, in any region; undefined if it is none of {@link SERVICES}. */
export function serviceOf(hostname: string): TwilioService | undefined {
  const name = SERVICE_HOST.exec(hostname.toLowerCase())?.groups?.service;
  return SERVICES.find((service) => service === name);
}

/** Returns whether a host belongs to Twilio, emulated or not. Ignores the final dot of a fully qualified name. */
export function isTwilioHost(hostname: string): boolean {
  return /(?:^|\.)twilio\.com\.?$/i.test(hostname);
}

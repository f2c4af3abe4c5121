/** The Twilio services that the sandbox answers for. */
export const SERVICES = ['flex-api', 'flex', 'iam', 'services'] as const;
export type Service = (typeof SERVICES)[number];

// Twilio puts an edge, a region or both between the service and its domain: `flex-api.sydney.au1.twilio.com`.
const SERVICE_HOST = /^(?<service>[a-z-]+)(?:\.[a-z0-9-]+){0,2}\.twilio\.com$/;

/** The service behind a host name, in whichever region; undefined where it is none of {@link SERVICES}. */
export function serviceOf(hostname: string): Service | undefined {
  const name = SERVICE_HOST.exec(hostname.toLowerCase())?.groups?.service;
  return SERVICES.find((service) => service === name);
}

/** Whether a host is Twilio's, emulated or not; a final dot, as in a fully qualified name, hides nothing. */
export function isTwilioHost(hostname: string): boolean {
  return /(?:^|\.)twilio\.com\.?$/i.test(hostname);
}

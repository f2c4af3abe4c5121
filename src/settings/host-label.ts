/** A Twilio region or edge becomes a part of a host name, so it may hold nothing else. */
const HOST_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** @returns the region or edge as a host name has it, in lower case; `undefined` where it can be no part of one */
export function parseHostLabel(value: unknown): string | undefined {
  const label = typeof value === 'string' ? value.toLowerCase() : '';
  return HOST_LABEL.test(label) ? label : undefined;
}

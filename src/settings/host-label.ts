/** A Twilio region or edge becomes part of a host name, so nothing else is accepted. */
const HOST_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Returns a region or edge in lower case; `undefined` if it cannot be part of a host name. */
export function parseHostLabel(value: unknown): string | undefined {
  const label = typeof value === 'string' ? value.toLowerCase() : '';
  return HOST_LABEL.test(label) ? label : undefined;
}

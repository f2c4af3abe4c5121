/** Twilio's identifiers: the two letters of their kind and 32 hexadecimal digits. */
const SID = /^([A-Z]{2})[0-9a-fA-F]{32}$/;

export type AccountSid = `AC${string}`;
export type FlexInstanceSid = `GO${string}`;
export type FlexUserSid = `FU${string}`;

/** Whether `value` is exactly such a SID. Nothing else is put into a URL that is sent with the service's credentials. */
export const isAccountSid = (value: unknown): value is AccountSid => isSid('AC', value);
export const isFlexInstanceSid = (value: unknown): value is FlexInstanceSid => isSid('GO', value);
export const isFlexUserSid = (value: unknown): value is FlexUserSid => isSid('FU', value);

function isSid(prefix: string, value: unknown): boolean {
  return typeof value === 'string' && SID.exec(value)?.[1] === prefix;
}

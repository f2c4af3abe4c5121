import { randomBytes } from 'node:crypto';

/** Creates a Twilio SID: a prefix of two letters, and 32 hexadecimal digits. */
export function newSid(prefix: string): string {
  return prefix + randomBytes(16).toString('hex');
}

import { randomBytes } from 'node:crypto';

/** A fresh Twilio SID: the two letters that tell its kind, and 32 hex digits. */
export function newSid(prefix: string): string {
  return prefix + randomBytes(16).toString('hex');
}

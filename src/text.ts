/** Twilio's limit for user name, email address and full name; counted in characters, not in UTF-16 units. */
export const MAX_TEXT_LENGTH = 256;

/** Control characters (C0, DEL, C1), and U+FFFD, which stands for text that was damaged on its way. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const NOT_TEXT = /[\u0000-\u001f\u007f-\u009f\ufffd]/;

/** Whether Twilio can store a value as user name, email address or full name: a string of 1 to 256 characters. */
export function isText(value: unknown): value is string {
  if (typeof value !== 'string' || !value.isWellFormed() || NOT_TEXT.test(value)) return false;
  const { length } = [...value];
  return length >= 1 && length <= MAX_TEXT_LENGTH;
}

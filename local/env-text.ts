import { createRequire } from 'node:module';
import type { Variables } from './twilio-run';

// The statements of a file, each matched where the one before it ended. Written here because dotenv skips a line that it cannot read,
// and ends a value at a `#` without a blank before it (17.4.2 and 18.0.10): a typing error would go unnoticed, and a URL would lose its fragment.
const BLANK_OR_COMMENT = /[^\S\n]*(?:#[^\n]*)?(?:\n|$)/y;
const NAME = /[^\S\n]*(?:export[^\S\n]+)?([\w.-]+)[^\S\n]*=/y;
/** A backslash keeps a quote from ending the value, unless the value would not end at all. */
const QUOTED = /[^\S\n]*(["'`])((?:\\\1|(?!\1)[\s\S])*)\1[^\S\n]*(?:#[^\n]*)?(?:\n|$)/y;
/** Quotes inside the same kind of quotes, such as `"{"a":"b"}"`. */
const QUOTED_LINE = /[^\S\n]*(["'`])((?:(?![^\S\n]#)[^\n])*)\1[^\S\n]*(?:\n|$)/y;
const UNQUOTED = /(?![^\S\n]*["'`])((?:(?![^\S\n]#)[^\n])*)(?:[^\S\n]#[^\n]*)?(?:\n|$)/y;

/**
 * Reads an `.env` file: `NAME=value` lines, with `export`, quotes, values over several lines in quotes, and comments. In double quotes,
 * `\n` and `\r` are line breaks. Of two lines with one name, the later one counts.
 *
 * @throws {Error} naming the line, never its text, which may be a secret
 */
export function parseEnvText(bytes: Uint8Array): Readonly<Record<string, string>> {
  const text = decode(bytes).replace(/\r\n?/g, '\n');
  const settings = new Map<string, string>();
  let position = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    const match = pattern.exec(text);
    if (match) position = pattern.lastIndex;
    return match;
  };
  while (position < text.length) {
    if (take(BLANK_OR_COMMENT)) continue;
    const line = text.slice(0, position).split('\n').length;
    const name = take(NAME)?.[1];
    if (name === undefined) {
      throw envError(line, 'Expected a setting (NAME=value), a comment (# …) or a blank line.');
    }
    const quoted = take(QUOTED) ?? take(QUOTED_LINE);
    const value = quoted ? unquote(quoted) : take(UNQUOTED)?.[1]?.trim();
    if (value === undefined) {
      throw envError(line, `The quotes around the value of ${name} are not closed, or more text follows them.`);
    }
    if (value.includes('\uFFFD')) throw envError(line, `The value of ${name} is not UTF-8. Save the file as UTF-8.`);
    settings.set(name, value);
  }
  return Object.fromEntries(settings);
}

const envError = (line: number, message: string) => new Error(`.env, line ${line}: ${message}`);

/** The decoder drops a byte order mark of UTF-8. */
function decode(bytes: Uint8Array): string {
  const hasUtf16Mark = [0xfeff, 0xfffe].includes(((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0));
  const zero = hasUtf16Mark ? 0 : bytes.indexOf(0);
  if (zero < 0) return new TextDecoder().decode(bytes);
  const line = bytes.subarray(0, zero).filter((byte) => byte === 0x0a).length + 1;
  throw envError(line, 'This is UTF-16, not UTF-8. Save the file as UTF-8.');
}

/** Without the line breaks at both ends, as before the closing quote of a pasted key: Twilio's tools drop them. */
function unquote([, quote, text = '']: RegExpExecArray): string {
  const value = quote === '"' ? text.replaceAll('\\n', '\n').replaceAll('\\r', '\r') : text;
  return value.replace(/^\n+|\n+$/g, '');
}

/** The parser of Twilio's tools, dotenv 6.2.0: it knows no comments after a value, no `export` and no values over several lines. */
const twilioDotenv: { parse: (text: string) => Record<string, string> } = createRequire(
  require.resolve('twilio-run/package.json'),
)('dotenv');

/**
 * Writes settings as a file that Twilio's tools read without loss.
 *
 * @throws {Error} naming a setting whose value their format cannot hold
 */
export function toEnvText(variables: Variables): string {
  return Object.entries(variables)
    .map(([name, value]) => (value === undefined ? '' : envLine(name, value)))
    .join('');
}

function envLine(name: string, value: string): string {
  const lines = [`${name}="${value.replaceAll('\n', '\\n')}"\n`, `${name}='${value}'\n`];
  const exact = lines.find((line) => {
    const read = Object.entries(twilioDotenv.parse(line));
    return read.length === 1 && read[0]?.[0] === name && read[0][1] === value;
  });
  if (exact !== undefined) return exact;
  throw new Error(
    `Twilio's tools cannot read the value of ${name}. Remove blanks at its start and end, and carriage returns; a value with line breaks cannot hold the characters \\n as well.`,
  );
}

import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { checkUsers } from './check-users';
import { readCsv } from './csv';
import type { FileFault, TeamMember } from './file-content';
import { readJsonList } from './json-list';

export interface Team {
  readonly members: readonly TeamMember[];
  /** All of them at once, in the order of the file. If there are any, `members` is incomplete. */
  readonly faults: readonly FileFault[];
}

/**
 * Reads and checks a whole team file: JSON if its name ends in `.json`, otherwise CSV.
 *
 * @throws {Error} if the file cannot be read at all
 */
export function readTeam(file: string): Team {
  const text = decode(readBytes(file));
  if (typeof text !== 'string') return { members: [], faults: [text] };
  const reading = extname(file).toLowerCase() === '.json' ? readJsonList(text) : readCsv(text);
  const { members, faults } = checkUsers(reading.entries, reading.missing);
  return { members, faults: [...reading.faults, ...faults].sort((one, other) => one.line - other.line) };
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`Cannot read ${file} (${code}). Check the path, then retry.`);
  }
}

/** Bytes that are not UTF-8 become U+FFFD, which is a fault of the cell that holds it. */
function decode(bytes: Buffer): string | FileFault {
  const startsWith = (...signature: number[]) => bytes.subarray(0, signature.length).equals(Buffer.from(signature));
  if (startsWith(0xff, 0xfe) || startsWith(0xfe, 0xff)) {
    return { line: 1, message: 'The file is UTF-16. Save it as UTF-8 (in Excel: "CSV UTF-8").' };
  }
  if (startsWith(0x50, 0x4b, 0x03, 0x04)) {
    return { line: 1, message: 'The file is a workbook. Save it as CSV (in Excel: "CSV UTF-8").' };
  }
  return new TextDecoder().decode(bytes);
}

import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { NewFlexUser } from '../../src/flex/users';
import { checkUsers } from './check-users';
import { readCsv } from './csv';
import { readJson } from './json-list';

/** Something in the file that has to be fixed before anything is done. */
export interface Fault {
  /** As an editor counts them, from 1. */
  readonly line: number;
  /** The name of the column or field; undefined if the whole line is at fault. */
  readonly column?: string | undefined;
  readonly message: string;
}

/** One user as the file has it: a `/provision` body that has not been checked yet. */
export interface Entry {
  readonly line: number;
  /** Which of those on this line, if the line alone does not say. */
  readonly name?: string;
  readonly body: unknown;
}

/** What a reader makes of a file: the entries that it can read, and what is wrong with the rest. */
export interface Reading {
  readonly entries: readonly Entry[];
  readonly faults: readonly Fault[];
  /** Fields that no entry has, which is one fault already. */
  readonly missing?: readonly string[];
}

/** A user of the file, checked as `/provision` checks it. */
export interface TeamMember {
  readonly line: number;
  readonly user: NewFlexUser;
}

export interface Team {
  readonly members: readonly TeamMember[];
  /** All of them at once, in the order of the file. If there are any, `members` is incomplete. */
  readonly faults: readonly Fault[];
}

/**
 * Reads and checks a whole team file: JSON if its name ends in `.json`, otherwise CSV.
 *
 * @throws {Error} if the file cannot be read at all
 */
export function readTeam(file: string): Team {
  const text = decode(readBytes(file));
  if (typeof text !== 'string') return { members: [], faults: [text] };
  const reading = extname(file).toLowerCase() === '.json' ? readJson(text) : readCsv(text);
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
function decode(bytes: Buffer): string | Fault {
  const startsWith = (...signature: number[]) => bytes.subarray(0, signature.length).equals(Buffer.from(signature));
  if (startsWith(0xff, 0xfe) || startsWith(0xfe, 0xff)) {
    return { line: 1, message: 'The file is UTF-16. Save it as UTF-8 (in Excel: "CSV UTF-8").' };
  }
  if (startsWith(0x50, 0x4b, 0x03, 0x04)) {
    return { line: 1, message: 'The file is a workbook. Save it as CSV (in Excel: "CSV UTF-8").' };
  }
  return new TextDecoder().decode(bytes);
}

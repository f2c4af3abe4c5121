import type { NewFlexUser } from '../../src/flex/users';

/** Something in the file that has to be fixed before anything is done. */
export interface FileFault {
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
  readonly faults: readonly FileFault[];
  /** Fields that no entry has, which is one fault already. */
  readonly missing?: readonly string[];
}

/** A user of the file, checked as `/provision` checks it. */
export interface TeamMember {
  readonly line: number;
  readonly user: NewFlexUser;
}

import { ApiError } from '../src/errors';

/** Prints why a command failed, and makes it end with 1. An expected failure takes one line, which a stack would hide. */
export function reportFailure(error: unknown): void {
  const isExpected = error instanceof ApiError || (error instanceof Error && error.name === 'Error');
  console.error(isExpected ? error.message : error);
  process.exitCode = 1;
}

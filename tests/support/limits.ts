/** The one limit for every test. It ends a test that hangs, and says nothing about right or wrong, however slow the machine is. */
export const TIME_LIMIT_MS = 900_000;

/** The limit for a single wait in a browser: shorter, so that a failure names what did not come. */
export const WAIT_LIMIT_MS = 240_000;

/** The one limit for every test: it ends what hangs, and says nothing about right or wrong, however slow the machine is. */
jest.setTimeout(120_000);

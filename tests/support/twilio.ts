import { interceptTwilio } from '../../sandbox/interception';
import { type Sandbox, startSandbox } from '../../sandbox/server';

/** A sandbox for Twilio in this process, fresh for each test, and the settings to use it with. */
export interface TwilioForTests {
  readonly sandbox: Sandbox;
  readonly settings: Readonly<Record<string, string>>;
}

/** To be called once at the top of a test file. */
export function useSandbox(): TwilioForTests {
  let sandbox: Sandbox | undefined;
  let endInterception = () => {};

  beforeAll(async () => {
    // Looks `Date` up each time, since a test may replace it.
    sandbox = await startSandbox({ now: () => Date.now() });
    endInterception = interceptTwilio(sandbox.origin);
  });
  beforeEach(() => sandbox?.reset());
  afterAll(async () => {
    endInterception();
    await sandbox?.close();
  });

  const running = () => {
    if (!sandbox) throw new Error('the sandbox has not started yet');
    return sandbox;
  };
  return {
    get sandbox() {
      return running();
    },
    get settings() {
      return { ...running().environment(), FLEX_INSTANCE_SID: running().instanceSid };
    },
  };
}

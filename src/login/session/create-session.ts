import type { Clock, Timers } from '../browser/time';
import { within } from '../failures/deadline';
import { Failure } from '../failures/failure';
import { describeSession, millisecondsLeft, type Session, type Tokens } from './session';

/** What is needed to create a session from tokens. The SDK's results are `unknown`, since they are checked here. */
export interface SessionTools {
  readonly sdk: { validateToken(accountSid: string, token: string): Promise<unknown> };
  /** By the server, as far as it is known. */
  readonly now: Clock;
  /** Reads the time from the server if it is unknown or the device's clock has jumped. Never rejects. */
  syncTime(): Promise<void>;
  readonly timers: Timers;
}

/**
 * Creates the session for tokens that were just issued.
 *
 * @throws {Failure} `refused`, `too-slow`, or `clock` if the session has already ended
 */
export async function createSession(
  { sdk, now, timers, syncTime }: SessionTools,
  tokens: Tokens,
  accountSid: string,
  ssoProfileSid?: string,
): Promise<Session> {
  const info = await within(timers, sdk.validateToken(accountSid, tokens.accessToken));
  const session = describeSession(tokens, info, accountSid, ssoProfileSid);
  // Twilio has just called the token valid, so the time on this device must be wrong.
  if (millisecondsLeft(session, now) <= 0) await syncTime();
  if (millisecondsLeft(session, now) <= 0) throw new Failure('clock');
  return session;
}

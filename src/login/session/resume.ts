import { asFailure, isNoResponse } from '../failures/failure';
import { refreshSession, type StoredRefreshTools } from './refresh';
import { millisecondsLeft, type Session } from './session';
import { markSignedOut, readSession, removeSession, storeSession } from './stored-session';

export interface ResumeSteps {
  /** Called before a renewal. */
  renewing(): void;
  /** Brings the session to where it is used: into a client on this page, or to the opener. */
  bring(session: Session): Promise<void>;
}

/**
 * Continues with the session that this tab holds, renewed if it has expired or if Twilio refuses it. Removes it if it is
 * over for good, or if another tab signed out of it.
 *
 * @returns false if the session is over for good
 * @throws {Failure} if there was no response and the session may still be good
 */
export async function resumeSession(tools: StoredRefreshTools, held: Session, steps: ResumeSteps): Promise<boolean> {
  const { storage, now } = tools;
  const stored = await tools.sharing.latest(held);
  if (stored === 'ended') {
    removeSession(storage);
    markSignedOut(storage);
    return false;
  }
  if (stored !== held) storeSession(storage, stored);
  const { accessToken } = stored;

  async function renew(session: Session): Promise<Session> {
    steps.renewing();
    return refreshSession(tools, session, {
      current: () => readSession(storage),
      keep: (renewed) => storeSession(storage, renewed),
    });
  }

  async function bringOrRenew(session: Session): Promise<void> {
    try {
      await steps.bring(session);
    } catch (error) {
      if (!isRefusedClient(error) || !session.refreshToken) throw error;
      await steps.bring(await renew(session));
    }
  }

  /** Not over yet, or renewed with an expiry that is not known yet. */
  function isUsable(kept: Session | undefined): boolean {
    return kept !== undefined && (kept.accessToken !== accessToken || millisecondsLeft(kept, now) > 0);
  }

  try {
    if (millisecondsLeft(stored, now) <= 0) await tools.syncTime();
    await bringOrRenew(millisecondsLeft(stored, now) > 0 ? stored : await renew(stored));
    return true;
  } catch (error) {
    if (isNoResponse(error) && isUsable(readSession(storage))) throw error;
    removeSession(storage);
    if (asFailure(error).kind === 'ended') markSignedOut(storage);
    return false;
  }
}

const isRefusedClient = (error: unknown) => ['client', 'unexpected'].includes(asFailure(error).kind);

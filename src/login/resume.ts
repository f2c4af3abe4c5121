import { asFailure, isNoResponse } from './failures/failure';
import type { FlowEdges } from './flow-edges';
import { refreshSession } from './session/refresh';
import { millisecondsLeft, type Session } from './session/session';
import { markSignedOut, readSession, removeSession, storeSession } from './session/stored-session';

/**
 * Continues with the session that this tab holds, renewed if it has expired or if Twilio refuses it. Removes it if it is
 * over for good, or if another tab signed out of it.
 *
 * @param bring where the session goes: into a client on this page, or to the opener
 * @returns false if the session is over for good
 * @throws {Failure} if there was no response and the session may still be good
 */
export async function resumeSession<Client>(
  edges: FlowEdges<Client>,
  held: Session,
  bring: (session: Session) => Promise<void>,
): Promise<boolean> {
  const { storage, now } = edges;
  const stored = await edges.sharing.latest(held);
  if (stored === 'ended') {
    removeSession(storage);
    markSignedOut(storage);
    return false;
  }
  if (stored !== held) storeSession(storage, stored);
  const { accessToken } = stored;

  async function renew(session: Session): Promise<Session> {
    edges.view.progress('renewing');
    return refreshSession(edges, session, {
      current: () => readSession(storage),
      keep: (renewed) => storeSession(storage, renewed),
    });
  }

  async function bringOrRenew(session: Session): Promise<void> {
    try {
      await bring(session);
    } catch (error) {
      if (!isRefusedClient(error) || !session.refreshToken) throw error;
      await bring(await renew(session));
    }
  }

  /** Not over yet, or renewed with an expiry that is not known yet. */
  function isUsable(kept: Session | undefined): boolean {
    return kept !== undefined && (kept.accessToken !== accessToken || millisecondsLeft(kept, now) > 0);
  }

  try {
    if (millisecondsLeft(stored, now) <= 0) await edges.syncTime();
    await bringOrRenew(millisecondsLeft(stored, now) > 0 ? stored : await renew(stored));
    return true;
  } catch (error) {
    if (isNoResponse(error) && isUsable(readSession(storage))) throw error;
    removeSession(storage);
    return false;
  }
}

const isRefusedClient = (error: unknown) => ['client', 'unexpected'].includes(asFailure(error).kind);

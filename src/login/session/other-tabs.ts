import type { Timers } from '../browser/time';
import { within } from '../failures/deadline';
import type { ClientPart } from './client-part';
import type { Session } from './session';

/** The tabs that hold the same session. Without its client part, this tab cannot reach them. Never rejects. */
export interface OtherTabs {
  signOut(session: Session): Promise<void>;
  /** Revokes an earlier sign-out: only a pasted token can bring a session that has ended. */
  signInAgain(session: Session): Promise<void>;
}

export function createOtherTabs<Client>(timers: Timers, loadClientPart: () => Promise<ClientPart<Client>>): OtherTabs {
  const reach = async (tell: (part: ClientPart<Client>) => Promise<void>) => {
    try {
      await tell(await within(timers, loadClientPart()));
    } catch {
      // The session of this tab does not depend on them.
    }
  };
  return {
    signOut: (session) => reach((part) => part.signOut(session)),
    signInAgain: (session) => reach((part) => part.signInAgain(session)),
  };
}

import type { Failure } from '../failures/failure';
import type { Session } from '../session/session';

export type Step = 'looking-up' | 'leaving' | 'finishing' | 'renewing' | 'starting';

/** What the page shows. Each call replaces what was shown before. */
export interface View {
  progress(step: Step): void;
  /** Nothing happens until the person acts. */
  waiting(options: { signedOut: boolean; wantsToken: boolean }): void;
  /** @param kept the session that this tab still holds */
  failed(failure: Failure, kept: Session | undefined): void;
  signedIn(session: Session, returnTo: string | undefined): void;
  /** The window that opened this one has the session. */
  handedOver(session: Session): void;
  /** Shows a failure while the session goes on. */
  warn(failure: Failure): void;
}

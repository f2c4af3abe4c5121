import type { Session } from './session';

/** The `type` of each message from the sign-in page in a popup to the window that opened it. */
export const SESSION_MESSAGE = 'flex-auth:session';
export const REFUSED_MESSAGE = 'flex-auth:refused';

export interface SessionMessage {
  readonly type: typeof SESSION_MESSAGE;
  readonly session: Session;
}

export interface RefusedMessage {
  readonly type: typeof REFUSED_MESSAGE;
  /** The name of the failure, such as `denied`, to branch on. */
  readonly reason: string;
  /** The page's own sentence, to show. It never holds text from an identity provider. */
  readonly message: string;
}

/** Events that the sign-in page dispatches on its `window`. */
export const SIGNED_IN_EVENT = 'flex-auth:signed-in';
export const RENEWED_EVENT = 'flex-auth:renewed';

/** The `BroadcastChannel` on which tabs of the sign-in page share a session. */
export const SESSION_CHANNEL = 'flex-auth:sessions';

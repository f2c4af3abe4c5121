import type { PageSettings } from '../account/page-settings';
import type { KeyValueStore } from '../browser/store';
import type { SessionTools } from './create-session';
import { type ClientFactory, type LiveSession, type LiveSessionEvents, startLiveSession } from './live-session';
import type { RefreshTools, StoredRefreshTools } from './refresh';
import { type ResumeSteps, resumeSession } from './resume';
import type { Session } from './session';
import type { Sharing } from './sharing';

/** What the page brings to its client part. */
export interface PageTools extends SessionTools {
  readonly storage: KeyValueStore;
}

/** The part of the page that holds, renews and shares a session: its own bundle, loaded when there is one. */
export interface ClientPart<Client> {
  /**
   * Starts the client of a session that is still being read, which saves a round trip. Call the function that it returns
   * if there will be no such session.
   */
  startAhead(accessToken: string, settings: PageSettings): () => void;
  /** Starts the client. */
  startSession(
    page: PageTools,
    session: Session,
    settings: PageSettings,
    events: LiveSessionEvents,
  ): Promise<LiveSession<Client>>;
  /** Continues with a stored session; see `resumeSession`. */
  resumeSession(page: PageTools, held: Session, steps: ResumeSteps): Promise<boolean>;
  /** Signs out the other tabs that hold the session. */
  signOut(session: Session): Promise<void>;
  /** Revokes an earlier sign-out of the session. */
  signInAgain(session: Session): Promise<void>;
}

/** What this part has and the page has not. */
export interface PartTools {
  readonly sharing: Sharing;
  readonly refreshToken: RefreshTools['sdk']['refreshToken'];
}

export function createClientPart<Client extends { destroy(): void }>(
  factory: ClientFactory<Client>,
  { sharing, refreshToken }: PartTools,
): ClientPart<Client> {
  const ahead = new Map<string, Promise<Client>>();
  let lastStarted: string | undefined;
  const withSharing = ({ sdk, ...page }: PageTools): StoredRefreshTools => ({
    ...page,
    sharing,
    sdk: { validateToken: sdk.validateToken, refreshToken },
  });
  /** Hands over a client that was started ahead only once: a retry needs a new one. */
  const take = (accessToken: string): Promise<Client> | undefined => {
    const client = ahead.get(accessToken);
    ahead.delete(accessToken);
    return client;
  };
  return {
    startAhead(accessToken, settings) {
      // If this part took longer to load than the session to read, that session may have started first.
      if (accessToken === lastStarted) return () => {};
      const starting = factory.create(accessToken, settings);
      // Reported when the session starts, if it does.
      starting.catch(() => {});
      ahead.set(accessToken, starting);
      return () => {
        take(accessToken)
          ?.then((client) => client.destroy())
          .catch(() => {});
      };
    },
    startSession(page, session, settings, events) {
      lastStarted = session.accessToken;
      const create: typeof factory.create = (token, chosen) => take(token) ?? factory.create(token, chosen);
      return startLiveSession({ ...factory, create }, withSharing(page), session, settings, events);
    },
    resumeSession: (page, held, steps) => resumeSession(withSharing(page), held, steps),
    signOut: (session) => sharing.signOut(session),
    signInAgain: (session) => sharing.signInAgain(session),
  };
}

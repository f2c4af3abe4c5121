import type { PageSettings } from '../account/page-settings';
import { within } from '../failures/deadline';
import { asFailure, Failure, isNoResponse } from '../failures/failure';
import type { FailureKind } from '../failures/sentences';
import { refreshSession, type StoredRefreshTools } from './refresh';
import type { Session } from './session';
import { removeSession, storeSession } from './stored-session';

/** Creates the Flex client, passes new tokens to it, and keeps time for it. */
export interface ClientFactory<Client> {
  create(token: string, settings: PageSettings): Promise<Client>;
  update(client: Client, token: string): void;
  /** `syncServerTime` of `flex-auth.js`. */
  syncTime(): Promise<void>;
  /** `keepRenewed` of `flex-auth.js`: when to renew is decided there, how it is done here. */
  keepRenewed(options: {
    first: Session;
    getToken(): Promise<Session>;
    use(): void;
    onRenewed(): void;
    onEnding(): void;
    onEnded(): void;
  }): { readonly token: Pick<Session, 'expiresAt'>; stop(): void };
}

export interface LiveSessionEvents {
  renewed(): void;
  /** The session lasts until its expiry, but cannot be renewed. */
  ending(reason: FailureKind): void;
  ended(): void;
  /** The person signed out in another tab that holds the same session. */
  signedOut(): void;
}

/** A session with its Flex client, which always hold the same tokens. */
export interface LiveSession<Client> {
  readonly client: Client;
  readonly session: Session;
  /** Signs out the other tabs that hold the session. */
  signOutElsewhere(): void;
  /** Destroys the client and stops renewing. Does not remove the stored session. */
  stop(): void;
}

/**
 * Starts the Flex client for a session and keeps the session renewed for as long as the page is open.
 *
 * @throws {Failure} `too-slow`, or what the client factory throws
 */
export async function startLiveSession<Client extends { destroy(): void }>(
  factory: ClientFactory<Client>,
  tools: StoredRefreshTools,
  session: Session,
  settings: PageSettings,
  events: LiveSessionEvents,
): Promise<LiveSession<Client>> {
  const { timers, storage, sharing } = tools;
  const starting = within(timers, factory.create(session.accessToken, settings), (late) => late.destroy());
  const [client] = await Promise.all([starting, factory.syncTime()]);

  let current = session;
  let isRunning = true;
  /** Why no more renewals are tried. */
  let obstacle = session.refreshToken ? undefined : new Failure('not-renewed');
  let refreshing: Promise<Session> | undefined;
  /** Unset after a warning, which the next announcement takes back. */
  let announced: Session | undefined = session;

  const keep = (renewed: Session) => {
    current = renewed;
    try {
      storeSession(storage, renewed);
    } catch {
      // The storage is full. What it holds is spent, so a reload signs in again.
      removeSession(storage);
    }
    factory.update(client, renewed.accessToken);
  };
  /** Announces a renewal by another tab when it arrives, not again when a renewal is due in this tab. */
  const announce = () => {
    if (announced === current) return;
    announced = current;
    events.renewed();
  };
  const giveUp = (reason: FailureKind) => {
    obstacle = new Failure(reason);
    events.ending(reason);
  };

  async function refresh(): Promise<Session> {
    const before = current;
    try {
      const renewed = await refreshSession(tools, before, { current: () => (isRunning ? current : undefined), keep });
      // New tokens with the same expiry: the session is at its maximum lifetime. `onRenewed` tells.
      if (renewed.expiresAt === before.expiresAt) obstacle = new Failure('maximum');
      return renewed;
    } catch (error) {
      // An earlier attempt may have brought another refresh token meanwhile.
      const isSpent = current.refreshToken !== before.refreshToken;
      if (isRunning && asFailure(error).kind === 'ended') events.signedOut();
      else if (isRunning && !isNoResponse(error) && !isSpent) giveUp('not-renewed');
      throw error;
    }
  }

  const renewal = factory.keepRenewed({
    first: session,
    async getToken() {
      // Renewed already, by an attempt that was given up or by another tab.
      if (current.expiresAt !== renewal.token.expiresAt) return current;
      if (obstacle) throw obstacle;
      refreshing ??= refresh().finally(() => {
        refreshing = undefined;
      });
      return refreshing;
    },
    // `keep` has passed it to the client.
    use() {},
    onRenewed() {
      announce();
      if (obstacle && isRunning) events.ending(obstacle.kind);
    },
    onEnding() {
      announced = undefined;
      const isTold = obstacle !== undefined && current.refreshToken !== undefined;
      if (!isTold) events.ending('not-renewed');
    },
    onEnded: () => events.ended(),
  });
  const leave = sharing.join({
    current: () => current,
    replaced(renewed) {
      obstacle = undefined;
      keep(renewed);
      announce();
    },
    signedOut: events.signedOut,
  });
  // Another tab may have signed out while the client started. Tells the caller after it has received the live session.
  const findSignOut = async () => {
    const found = await sharing.latest(current);
    if (found === 'ended' && isRunning) events.signedOut();
  };
  timers.after(0, () => void findSignOut());

  return {
    client,
    get session() {
      return current;
    },
    signOutElsewhere: () => void sharing.signOut(current).catch(() => {}),
    stop() {
      isRunning = false;
      leave();
      renewal.stop();
      client.destroy();
    },
  };
}

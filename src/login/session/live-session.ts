import type { PageSettings } from '../account/page-settings';
import type { KeyValueStore } from '../browser/store';
import { within } from '../failures/deadline';
import type { FailureKind } from '../failures/sentences';
import { type RefreshTools, refreshSession } from './refresh';
import { keepRenewed } from './renewal';
import type { Session } from './session';
import { storeSession } from './stored-session';

/** Creates the Flex client and passes new tokens to it. */
export interface ClientFactory<Client> {
  create(token: string, settings: PageSettings): Promise<Client>;
  update(client: Client, token: string): void;
}

export interface LiveSessionTools extends RefreshTools {
  readonly storage: KeyValueStore;
}

export interface LiveSessionEvents {
  renewed(): void;
  /** The session lasts until its expiry, but cannot be renewed. */
  ending(reason: FailureKind): void;
  ended(): void;
}

/** A session with its Flex client, which always hold the same tokens. */
export interface LiveSession<Client> {
  readonly client: Client;
  readonly session: Session;
  /** Reads the clock again: after a sleep, or when the network is back. */
  check(): void;
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
  tools: LiveSessionTools,
  session: Session,
  settings: PageSettings,
  events: LiveSessionEvents,
): Promise<LiveSession<Client>> {
  const { timers, storage, now } = tools;
  const client = await within(timers, factory.create(session.accessToken, settings), (late) => late.destroy());

  let current = session;
  let isRunning = true;
  const keep = (renewed: Session) => {
    current = renewed;
    storeSession(storage, renewed);
    factory.update(client, renewed.accessToken);
  };
  const renewal = keepRenewed({
    now,
    timers,
    current: () => current,
    refresh: (old) => refreshSession(tools, old, { current: () => (isRunning ? current : undefined), keep }),
    renewed: events.renewed,
    ending: events.ending,
    ended: events.ended,
  });

  return {
    client,
    get session() {
      return current;
    },
    check: renewal.check,
    stop() {
      isRunning = false;
      renewal.stop();
      client.destroy();
    },
  };
}

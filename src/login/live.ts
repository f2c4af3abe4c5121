import type { Settings } from './configuration';
import { within } from './deadline';
import type { FailureKind } from './failure';
import { refreshSession, type SessionEdges } from './finish-login';
import { keepRenewed } from './renewal';
import { type Session, storeSession } from './session';

/** What makes the client and gives it new tokens. */
export interface ClientSource<Client> {
  startClient(token: string, settings: Settings): Promise<Client>;
  updateClient(client: Client, token: string): void;
}

export interface LiveEdges extends SessionEdges {
  onRenewed(session: Session): void;
  onEnding(reason: FailureKind): void;
  onEnded(): void;
}

/** A signed-in page: its client and its session, which always hold the same tokens. */
export interface Live<Client> {
  readonly client: Client;
  readonly session: Session;
  /** Looks at the clock again: after a sleep, or when the network is back. */
  check(): void;
  /** Destroys the client and stops renewing. The stored session stays. */
  stop(): void;
}

export async function goLive<Client extends { destroy(): void }>(
  source: ClientSource<Client>,
  edges: LiveEdges,
  session: Session,
  settings: Settings,
): Promise<Live<Client>> {
  const { timers, storage } = edges;
  const client = await within(timers, source.startClient(session.accessToken, settings), (late) => late.destroy());

  let current = session;
  const keep = (renewed: Session) => {
    current = renewed;
    storeSession(storage, renewed);
    source.updateClient(client, renewed.accessToken);
  };
  const renewal = keepRenewed({
    ...{ now: edges.now, timers, current: () => current },
    refresh: (old) => refreshSession(edges, old, { current: () => (running ? current : undefined), keep }),
    renewed: () => edges.onRenewed(current),
    ending: edges.onEnding,
    ended: edges.onEnded,
  });
  let running = true;

  return {
    client,
    get session() {
      return current;
    },
    check: renewal.check,
    stop() {
      running = false;
      renewal.stop();
      client.destroy();
    },
  };
}

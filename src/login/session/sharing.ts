import { LOCAL_STORAGE_KEYS } from '../../contract/storage-keys';
import { isRecord } from '../../json';
import { type KeyValueStore, readJson } from '../browser/store';
import type { Timers } from '../browser/time';
import { Failure } from '../failures/failure';
import { parseSession, type Session, type Tokens } from './session';

/** How long a tab waits for another one to reply. Both are on this device, and a background tab replies too. */
const REPLY_MS = 1_000;
const ENDED = 'ended';
/** Four days of one-hour tokens. */
const MAX_SUCCESSORS = 100;

/** The part of a `BroadcastChannel` that is used. */
export interface TabChannel {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
}

export interface SharingTools {
  readonly timers: Timers;
  readonly channel: TabChannel;
  /** `localStorage`. */
  readonly record: KeyValueStore;
  /** Runs a task while no other tab runs one of the same name. */
  alone<T>(name: string, task: () => Promise<T>): Promise<T>;
  hash(text: string): Promise<string>;
}

/** What a tab with a live session is told by the others. */
export interface SharingTab {
  current(): Session;
  replaced(session: Session): void;
  signedOut(): void;
}

/** The sessions that several tabs hold: a duplicated tab, or one that the page opened, begins with a copy. */
export interface Sharing {
  /** Renews the session unless another tab has or is about to: waits for that one, and returns its session. */
  renewOnce(old: Session, renew: () => Promise<Session>): Promise<Session>;
  /** Notes that the refresh token of the old session is spent. Signs out the next one too if the old one is signed out. */
  replace(old: Session, next: Tokens): Promise<void>;
  /** Returns the session as another tab has renewed it meanwhile, or `ended` if one has signed out. */
  latest(session: Session): Promise<Session | typeof ENDED>;
  /** Signs out all tabs that hold the session: before it returns if this tab has checked, renewed or taken over the session. */
  signOut(session: Session): Promise<void>;
  /** Revokes the sign-out of the session: the person signs in with the same token again. */
  signInAgain(session: Session): Promise<void>;
  /** Returns a function that leaves again. */
  join(tab: SharingTab): () => void;
}

/** For a browser that lacks what sharing requires: each tab then renews on its own. */
export const unshared: Sharing = {
  renewOnce: (_, renew) => renew(),
  replace: async () => {},
  latest: async (session) => session,
  signOut: async () => {},
  signInAgain: async () => {},
  join: () => () => {},
};

/**
 * Shares sessions between tabs. A session is known by the hash of its access token, so that the record of what replaced
 * it holds nothing secret; the tokens themselves pass between open tabs only.
 */
export function createSharing({ timers, channel, record, alone, hash }: SharingTools): Sharing {
  const tabs = new Set<SharingTab>();
  const waiting = new Set<(id: string, session: Session, replaces: unknown) => void>();
  /** What this tab renewed or took over last. It is passed on already while the client of this tab starts. */
  let received: Session | undefined;
  /** The hashes of the access tokens of this tab. */
  const ids = new Map<string, string>();
  const idOf = async ({ accessToken }: Tokens) => {
    const id = ids.get(accessToken) ?? (await hash(accessToken));
    ids.set(accessToken, id);
    return id;
  };

  const read = (): string[][] => {
    const entries = readJson(record, LOCAL_STORAGE_KEYS.successors);
    return Array.isArray(entries) ? entries.filter((entry) => Array.isArray(entry)) : [];
  };
  const write = (entries: string[][]) => record.setItem(LOCAL_STORAGE_KEYS.successors, JSON.stringify(entries));
  const note = (id: string, next: string) => {
    if (id !== next) write([...read(), [id, next]].slice(-MAX_SUCCESSORS));
  };
  /** The hash of the latest session that began with this one. */
  const follow = (id: string): string => {
    const successors = new Map(read().map(([from = '', to = '']) => [from, to]));
    const seen = new Set<string>();
    const step = (at: string): string => {
      const next = seen.has(at) ? undefined : successors.get(at);
      seen.add(at);
      return next === undefined ? at : step(next);
    };
    return step(id);
  };

  channel.addEventListener('message', ({ data }) => void receive(data));
  async function receive(message: unknown): Promise<void> {
    if (!isRecord(message) || typeof message.id !== 'string') return;
    const { id, replaces, type } = message;
    const session = parseSession(message.session);
    if (session) {
      ids.set(session.accessToken, id);
      for (const wait of waiting) wait(id, session, replaces);
    }
    const kept = received;
    if (kept) {
      const own = await idOf(kept);
      if (type === 'request' && own === id) channel.postMessage({ type: 'session', id, session: kept });
      if (type === ENDED && (own === id || follow(own) === ENDED)) received = undefined;
    }
    for (const tab of tabs) {
      const own = await idOf(tab.current());
      if (type === 'request' && own === id) channel.postMessage({ type: 'session', id, session: tab.current() });
      const isBehind = own !== id && (own === replaces || follow(own) === id);
      // Also the same tokens with a later expiry.
      const isLonger = own === id && session !== undefined && session.expiresAt > tab.current().expiresAt;
      if (session && (isBehind || isLonger)) tab.replaced(session);
      if (type === ENDED && (own === id || follow(own) === ENDED)) tab.signedOut();
    }
  }

  function request(id: string): Promise<Session | undefined> {
    return new Promise((resolve) => {
      const settle = (session?: Session) => {
        waiting.delete(wait);
        cancel();
        resolve(session);
      };
      const wait = (from: string, session: Session) => from === id && settle(session);
      const cancel = timers.after(REPLY_MS, settle);
      waiting.add(wait);
      channel.postMessage({ type: 'request', id });
    });
  }

  /** @param heard sessions that other tabs have passed on meanwhile, by the hash of their access tokens */
  async function latest(session: Session, heard?: Map<string, Session>): Promise<Session | typeof ENDED> {
    const own = await idOf(session);
    const last = follow(own);
    if (last === ENDED) return ENDED;
    return last === own ? session : (heard?.get(last) ?? (await request(last)) ?? session);
  }

  return {
    latest: (session) => latest(session),
    async renewOnce(old, renew) {
      const id = await idOf(old);
      const heard = new Map<string, Session>();
      let successor: Session | undefined;
      const hear = (from: string, session: Session, replaces: unknown) => {
        heard.set(from, session);
        if (replaces === id) successor = session;
      };
      // The tab that holds the lock passes on its session before it releases the lock.
      waiting.add(hear);
      const renewal = alone(`flex-auth:renewal:${id}`, async () => {
        const recorded = await latest(old, heard);
        if (recorded === ENDED) throw new Failure('ended');
        // The record lacks it if the storage is full.
        const found = recorded === old ? (successor ?? old) : recorded;
        if (found.accessToken !== old.accessToken) {
          received = found;
          return found;
        }
        // Spent by a tab that is closed by now. Twilio must not see it again.
        if (follow(id) !== id) throw new Failure('refused');
        const session = await renew();
        received = session;
        channel.postMessage({ type: 'session', id: await idOf(session), replaces: id, session });
        return session;
      });
      return renewal.finally(() => waiting.delete(hear));
    },
    async replace(old, next) {
      const [from, to] = [await idOf(old), await idOf(next)];
      if (follow(from) !== ENDED) return note(from, to);
      // Signed out during the renewal. A tab that already holds the new tokens did not take the sign-out as its own.
      note(to, ENDED);
      await receive({ type: ENDED, id: to });
    },
    async signOut(session) {
      received = undefined;
      // No `await` if the hash is known: the tab may be closing.
      const id = ids.get(session.accessToken) ?? (await idOf(session));
      // Another tab may hold newer tokens.
      try {
        note(follow(id), ENDED);
      } finally {
        // Open tabs are told even if the record is full.
        channel.postMessage({ type: ENDED, id });
      }
    },
    async signInAgain(session) {
      const id = await idOf(session);
      // Later tokens of the session stay signed out. A live session keeps its record: its earlier tokens are spent.
      if (follow(id) === ENDED) write(read().filter(([from]) => from !== id));
    },
    join(tab) {
      tabs.add(tab);
      return () => void tabs.delete(tab);
    },
  };
}

import type { Clock, Timers } from './edges';
import { type FailureKind, isNoAnswer } from './failure';
import { millisecondsLeft, type Session } from './session';

const LEAD_MS = 5 * 60_000;
const RETRY_MS = { shortest: 2_000, longest: 15_000 };
/** A laptop that wakes up has its network some seconds after its clock. */
const GRACE_MS = 60_000;
/** Longer delays overflow a browser's timer and then fire at once. */
const LONGEST_TIMER_MS = 24 * 60 * 60_000;

export interface RenewalEdges {
  now: Clock;
  timers: Timers;
  /** Gets new tokens and keeps them; gives the session with its new expiry. */
  refresh(session: Session): Promise<Session>;
  current(): Session;
  renewed(): void;
  /** The session goes on until its expiry, but not beyond it. */
  ending(reason: FailureKind): void;
  ended(): void;
}

export interface Renewal {
  /** Looks at the clock again: after a sleep, or when the network is back. */
  check(): void;
  stop(): void;
}

/** Sooner the closer the expiry is. */
const retryDelay = (leftMs: number) => Math.min(Math.max(leftMs / 3, RETRY_MS.shortest), RETRY_MS.longest);

/**
 * Renews the session ahead of its expiry for as long as the page is open. Not by the SDK's own auto-update, which
 * raises no event with the new tokens and keeps the new refresh token to itself.
 */
export function keepRenewed(edges: RenewalEdges): Renewal {
  let cancel = () => {};
  let state: 'renewing' | 'waiting' | 'ending' | 'stopped' = 'waiting';

  const isStopped = () => state === 'stopped';
  const left = () => millisecondsLeft(edges.current(), edges.now);
  const wait = (delayMs: number, run: () => void) => {
    cancel();
    const longest = Math.min(Math.max(delayMs, 0), LONGEST_TIMER_MS);
    cancel = edges.timers.after(longest, longest < delayMs ? check : run);
  };
  const end = () => {
    stop();
    edges.ended();
  };

  /** When these tokens are to be renewed: once for all, since how often the clock is looked at must not put it off. */
  let dueMs = 0;
  function plan(): void {
    // The lead is at most half of what is left, so that a short session is not renewed all the time.
    dueMs = edges.now() + left() - Math.min(LEAD_MS, left() / 2);
    check();
  }

  function check(): void {
    if (state === 'stopped' || state === 'renewing') return;
    if (state === 'ending' || !edges.current().refreshToken) wait(left(), end);
    else wait(dueMs - edges.now(), () => void renew());
  }

  async function renew(): Promise<void> {
    state = 'renewing';
    const before = edges.current();
    try {
      await edges.refresh(before);
      if (state !== 'renewing') return;
      state = 'waiting';
      edges.renewed();
      // Whoever heard of it may have signed out.
      if (isStopped()) return;
      // New tokens, but no more time: the session is at its maximum lifetime.
      if (edges.current().expiresAt === before.expiresAt) giveUp('maximum');
      plan();
    } catch (error) {
      if (state !== 'renewing') return;
      state = 'waiting';
      // The answer to an earlier try may have come meanwhile, and have brought another refresh token.
      const isSpent = edges.current().refreshToken !== before.refreshToken;
      if (!isNoAnswer(error) && !isSpent) giveUp('not-renewed');
      // It is due still: a look at the clock, since the network is back for instance, does not wait for the next try.
      if (state === 'waiting' && left() > -GRACE_MS) wait(retryDelay(left()), () => void renew());
      else if (state === 'waiting') end();
      else check();
    }
  }

  function giveUp(reason: FailureKind): void {
    state = 'ending';
    edges.ending(reason);
  }

  function stop(): void {
    state = 'stopped';
    cancel();
  }

  plan();
  return { check, stop };
}

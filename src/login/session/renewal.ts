import type { Clock, Timers } from '../browser/time';
import { isNoResponse } from '../failures/failure';
import type { FailureKind } from '../failures/sentences';
import { millisecondsLeft, type Session } from './session';

const LEAD_MS = 5 * 60_000;
const RETRY_MS = { shortest: 2_000, longest: 15_000 };
/** After a sleep, a laptop has its network back some seconds after its clock. */
const GRACE_MS = 60_000;
/** Longer delays overflow a browser's timer, which then fires at once. */
const LONGEST_TIMER_MS = 24 * 60 * 60_000;

export interface RenewalHooks {
  readonly now: Clock;
  readonly timers: Timers;
  /** Gets new tokens and keeps them. Returns the session with its new expiry. */
  refresh(session: Session): Promise<Session>;
  current(): Session;
  renewed(): void;
  /** The session lasts until its expiry, but cannot be renewed. */
  ending(reason: FailureKind): void;
  ended(): void;
}

export interface Renewal {
  /** Reads the clock again: after a sleep, or when the network is back. */
  check(): void;
  stop(): void;
}

/** Sooner the closer the expiry is. */
const retryDelay = (leftMs: number) => Math.min(Math.max(leftMs / 3, RETRY_MS.shortest), RETRY_MS.longest);

/**
 * Renews the session ahead of its expiry for as long as the page is open. The SDK's own auto-update cannot be used: it
 * raises no event with the new tokens, and does not reveal the new refresh token.
 */
export function keepRenewed(hooks: RenewalHooks): Renewal {
  let cancel = () => {};
  let state: 'renewing' | 'waiting' | 'ending' | 'stopped' = 'waiting';

  const isStopped = () => state === 'stopped';
  const left = () => millisecondsLeft(hooks.current(), hooks.now);
  const wait = (delayMs: number, run: () => void) => {
    cancel();
    const longest = Math.min(Math.max(delayMs, 0), LONGEST_TIMER_MS);
    cancel = hooks.timers.after(longest, longest < delayMs ? check : run);
  };
  const end = () => {
    stop();
    hooks.ended();
  };

  /** When these tokens are to be renewed. Computed once for each, so that reading the clock often cannot put it off. */
  let dueMs = 0;
  function plan(): void {
    // The lead is at most half of what is left, so that a short session is not renewed all the time.
    dueMs = hooks.now() + left() - Math.min(LEAD_MS, left() / 2);
    check();
  }

  function check(): void {
    if (state === 'stopped' || state === 'renewing') return;
    if (state === 'ending' || !hooks.current().refreshToken) wait(left(), end);
    else wait(dueMs - hooks.now(), () => void renew());
  }

  async function renew(): Promise<void> {
    state = 'renewing';
    const before = hooks.current();
    try {
      await hooks.refresh(before);
      if (state !== 'renewing') return;
      state = 'waiting';
      hooks.renewed();
      // A listener may have signed out.
      if (isStopped()) return;
      // New tokens with the same expiry: the session is at its maximum lifetime.
      if (hooks.current().expiresAt === before.expiresAt) giveUp('maximum');
      plan();
    } catch (error) {
      if (state !== 'renewing') return;
      state = 'waiting';
      // An earlier attempt may have responded meanwhile, with another refresh token.
      const isSpent = hooks.current().refreshToken !== before.refreshToken;
      if (!isNoResponse(error) && !isSpent) giveUp('not-renewed');
      // Still due: a check, because the network is back for instance, does not wait for the next attempt.
      if (state === 'waiting' && left() > -GRACE_MS) wait(retryDelay(left()), () => void renew());
      else if (state === 'waiting') end();
      else check();
    }
  }

  function giveUp(reason: FailureKind): void {
    state = 'ending';
    hooks.ending(reason);
  }

  function stop(): void {
    state = 'stopped';
    cancel();
  }

  plan();
  return { check, stop };
}

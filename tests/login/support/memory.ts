import type { KeyValueStore } from '../../../src/login/browser/store';
import type { Timers } from '../../../src/login/browser/time';

export function memoryStore(entries: Record<string, unknown> = {}): KeyValueStore & { map: Map<string, string> } {
  const map = new Map(Object.entries(entries).map(([key, value]) => [key, JSON.stringify(value)]));
  return {
    map,
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => void map.set(key, value),
    removeItem: (key) => void map.delete(key),
  };
}

export interface ManualTime extends Timers {
  now(): number;
  /** Lets that much time pass without anything happening in it, as on a laptop with its lid closed. */
  sleep(milliseconds: number): void;
  /** Lets that much time pass, and with it whatever was waiting; settles promises in between. */
  pass(milliseconds: number): Promise<void>;
}

/** A clock and timers that move when a test says so. */
export function manualTime(startMs = Date.parse('2030-01-01T12:00:00Z')): ManualTime {
  let nowMs = startMs;
  let waiting: { at: number; run: () => void }[] = [];
  const settle = () => new Promise<void>((done) => setImmediate(done));
  return {
    now: () => nowMs,
    after(delayMs, run) {
      const entry = { at: nowMs + delayMs, run };
      waiting.push(entry);
      return () => {
        waiting = waiting.filter((other) => other !== entry);
      };
    },
    sleep(milliseconds) {
      nowMs += milliseconds;
    },
    async pass(milliseconds) {
      const end = nowMs + milliseconds;
      await settle();
      for (let next = earliest(); next && next.at <= end; next = earliest()) {
        const due = next;
        waiting = waiting.filter((other) => other !== due);
        nowMs = due.at;
        due.run();
        await settle();
      }
      nowMs = end;
      await settle();
    },
  };

  function earliest() {
    return waiting.toSorted((a, b) => a.at - b.at)[0];
  }
}

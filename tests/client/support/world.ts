type Client = typeof import('../../../src/client/flex-auth');

/**
 * A page in Node with a clock that the test controls: three clocks, as in reality. Timers and `performance.now()` go on with
 * `pass`, stand still in a sleep, and know nothing of the device's clock.
 */
export interface World {
  /** The client, as a page that has just been loaded has it. */
  readonly client: Client;
  /** What the server's clock says, in milliseconds since 1970. */
  serverNow(): number;
  serverDate(): string;
  /** The client's requests: method and URL. */
  readonly requests: string[];
  /** Responds to the client's requests. Default: the server's `Date` and no body. */
  respond: (url: string, init: RequestInit) => Promise<Response>;
  pass(ms: number): Promise<void>;
  /** The device sleeps: on waking, no event tells the page. */
  sleep(ms: number): void;
  /** The person sets the device's clock, ahead if positive. */
  setDeviceClock(byMs: number): void;
  setOnline(isOnline: boolean): void;
  dispatch(target: 'window' | 'document', type: string): void;
  /** How many listeners and timers there are. */
  left(): { listeners: number; timers: number };
  leave(): void;
}

const START_MS = Date.UTC(2026, 10, 26, 8, 0, 0);

/** @param deviceAheadMs how far the device's clock is ahead of the server's; negative if it is slow */
export async function enterWorld({ deviceAheadMs = 0 } = {}): Promise<World> {
  jest.useFakeTimers({
    now: START_MS + deviceAheadMs,
    doNotFake: ['nextTick', 'setImmediate', 'clearImmediate', 'queueMicrotask'],
  });
  const startedAt = performance.now();
  let sleptMs = 0;
  let isOnline = true;
  let listeners = 0;
  const targets = { window: countedTarget(), document: countedTarget() };
  function countedTarget(): EventTarget {
    const target = new EventTarget();
    const { addEventListener, removeEventListener } = target;
    return Object.assign(target, {
      addEventListener: (...given: Parameters<typeof addEventListener>) => {
        listeners += 1;
        addEventListener.apply(target, given);
      },
      removeEventListener: (...given: Parameters<typeof removeEventListener>) => {
        listeners -= 1;
        removeEventListener.apply(target, given);
      },
    });
  }
  const restore = replaceGlobals({
    ...targets,
    location: { origin: 'https://app.example.com', pathname: '/desk' },
    navigator: {
      get onLine() {
        return isOnline;
      },
    },
    fetch: (url: string, init: RequestInit = {}) => {
      world.requests.push(`${init.method ?? 'GET'} ${url}`);
      return world.respond(url, init);
    },
  });
  jest.resetModules();
  const world: World = {
    client: await import('../../../src/client/flex-auth'),
    serverNow: () => START_MS + performance.now() - startedAt + sleptMs,
    serverDate: () => new Date(world.serverNow()).toUTCString(),
    requests: [],
    respond: async () => new Response(null, { headers: { Date: world.serverDate() } }),
    async pass(ms) {
      await jest.advanceTimersByTimeAsync(ms);
    },
    sleep(ms) {
      sleptMs += ms;
      jest.setSystemTime(Date.now() + ms);
    },
    setDeviceClock(byMs) {
      jest.setSystemTime(Date.now() + byMs);
    },
    setOnline(next) {
      isOnline = next;
      if (next) targets.window.dispatchEvent(new Event('online'));
    },
    dispatch: (target, type) => void targets[target].dispatchEvent(new Event(type)),
    left: () => ({ listeners, timers: jest.getTimerCount() }),
    leave() {
      restore();
      jest.useRealTimers();
    },
  };
  return world;
}

function replaceGlobals(values: Readonly<Record<string, unknown>>): () => void {
  const names = Object.keys(values);
  const before = names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
  for (const name of names) {
    Object.defineProperty(globalThis, name, { value: values[name], configurable: true, writable: true });
  }
  return () => {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else Reflect.deleteProperty(globalThis, name);
    }
  };
}

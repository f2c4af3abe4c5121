import type { ConnectOptions, FlexToken, RenewableClient } from '../../../src/client/flex-auth';
import { enterWorld, type World } from './world';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** Of the running test. */
export let world: World;

/** Gives each test another world. */
export function useWorld(): void {
  beforeEach(async () => {
    world = await enterWorld();
  });
  afterEach(() => world.leave());
}

/** Replaces the running test's world. */
export async function enterAnotherWorld(options: Parameters<typeof enterWorld>[0]): Promise<void> {
  world.leave();
  world = await enterWorld(options);
}

/** The client of the Flex SDK, as far as `connect` uses it. */
export class FakeClient implements RenewableClient {
  readonly tokens: string[] = [];
  isDestroyed = false;
  updateToken(token: string) {
    this.tokens.push(token);
  }
  destroy() {
    this.isDestroyed = true;
  }
}

/** A connection and all that it did: one line for each call of `getToken` and of a handler, with the time in seconds. */
export async function connected(lifetimeMs: number, options: Partial<ConnectOptions<FakeClient, object>> = {}) {
  const client = new FakeClient();
  const events: string[] = [];
  const startMs = world.serverNow();
  const note = (text: string) => events.push(`${Math.round((world.serverNow() - startMs) / SECOND)} ${text}`);
  const provider: { next: (signal: AbortSignal) => Promise<unknown>; calls: number; signals: AbortSignal[] } = {
    next: async () => tokenOf(provider.calls, lifetimeMs),
    calls: 0,
    signals: [],
  };
  const describe = (error: unknown) =>
    error instanceof Error ? ((error as { code?: string }).code ?? error.message) : `${error}`;
  const connection = await world.client.connect({
    createClient: async () => client,
    getToken: async ({ signal }) => {
      provider.calls += 1;
      provider.signals.push(signal);
      if (provider.calls > 1) note('getToken');
      return (await provider.next(signal)) as FlexToken;
    },
    onRenewed: ({ accessToken }) => note(`renewed ${accessToken}`),
    onEnding: (error) => note(`ending ${describe(error)}`),
    onEnded: (error) => note(`ended ${describe(error)}`),
    ...options,
  });
  return { client, connection, events, provider };
}

export const tokenOf = (number: number, lifetimeMs: number): FlexToken => ({
  accessToken: `token-${number}`,
  expiresAt: new Date(world.serverNow() + lifetimeMs).toISOString(),
});

export const failing = () => Promise.reject(new Error('down'));
export const hanging = () => new Promise<never>(() => {});

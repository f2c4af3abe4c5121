import type { UpstreamCall } from '../../upstream/call';
import { type Discovery, type KeySet, NoUsableKeys, readDiscovery, readKeySet } from './discovery';

/** Discovery and keys are read again after this long. */
const MAX_AGE_MS = 10 * 60_000;

/** Keys are read again for unknown key IDs, and after a failure, at most this often. */
const LOOK_UP_INTERVAL_MS = 30_000;

/** With known keys at hand, reading them again may take this long, so that time is left for Twilio. */
const REFRESH_LIMIT_MS = 3000;

/** What is known of a provider. */
export interface KnownProvider {
  readonly discovery: Discovery;
  readonly keySet: KeySet;
}

interface Known extends KnownProvider {
  /** When discovery was read. By the wall clock: the platform may freeze a process between calls, and the other clock with it. */
  readonly readAtMs: number;
}

/** The keys of one issuer, kept for as long as the process lives. */
class ProviderKeys {
  #known: Known | undefined;
  /** One read at a time, shared by all calls that wait for it. */
  #reading: Promise<Known> | undefined;
  #lastLookUp: { readonly atMs: number; readonly failure?: unknown } | undefined;

  constructor(private readonly issuer: string) {}

  /**
   * Finds the keys to verify a token with.
   *
   * @param kid the key ID in the token's header
   * @returns the known keys, which do not contain `kid` if the provider does not list it
   * @throws {ApiError} `upstream_error` or `upstream_timeout` if there are no keys, or if the look-up of an unknown `kid` failed
   */
  async find(kid: string | undefined, call: UpstreamCall): Promise<KnownProvider> {
    const before = this.#known;
    const known = await this.#current(call);
    if (kid === undefined || known.keySet.kids.has(kid)) return known;
    if (known !== before) {
      // Read a moment ago for this very token: another request would return the same.
      this.#lastLookUp = { atMs: Date.now() };
      return known;
    }
    if (!this.#mayLookUp()) {
      if (this.#lastLookUp?.failure) throw this.#lastLookUp.failure;
      return known;
    }
    return this.#lookUp(() => this.#readKeys(known, call));
  }

  /**
   * The known keys, read again if they are too old. Old ones stay in use while the provider cannot be reached, but not once it
   * has withdrawn them.
   */
  async #current(call: UpstreamCall): Promise<Known> {
    const known = this.#known;
    if (!known) return this.#read(() => this.#readAll(call));
    if (isWithin(known.readAtMs, MAX_AGE_MS) || !this.#mayLookUp()) return known;
    return this.#lookUp(() => this.#readAll(call.within(REFRESH_LIMIT_MS))).catch((error: unknown) => {
      if (!(error instanceof NoUsableKeys)) return known;
      this.#known = undefined;
      this.#lastLookUp = undefined;
      throw error;
    });
  }

  #mayLookUp(): boolean {
    return this.#lastLookUp === undefined || !isWithin(this.#lastLookUp.atMs, LOOK_UP_INTERVAL_MS);
  }

  async #lookUp(read: () => Promise<Known>): Promise<Known> {
    try {
      const known = await this.#read(read);
      this.#lastLookUp = { atMs: Date.now() };
      return known;
    } catch (error) {
      this.#lastLookUp = { atMs: Date.now(), failure: error };
      throw error;
    }
  }

  async #read(read: () => Promise<Known>): Promise<Known> {
    this.#reading ??= read().finally(() => {
      this.#reading = undefined;
    });
    this.#known = await this.#reading;
    return this.#known;
  }

  async #readAll(call: UpstreamCall): Promise<Known> {
    const readAtMs = Date.now();
    const discovery = await readDiscovery(this.issuer, call);
    return { discovery, keySet: await readKeySet(discovery, call), readAtMs };
  }

  async #readKeys(known: Known, call: UpstreamCall): Promise<Known> {
    return { ...known, keySet: await readKeySet(known.discovery, call) };
  }
}

/** Negative ages mean that the clock was set back; such a time counts as long ago. */
const isWithin = (atMs: number, durationMs: number): boolean => {
  const ageMs = Date.now() - atMs;
  return ageMs >= 0 && ageMs < durationMs;
};

const byIssuer = new Map<string, ProviderKeys>();

/** @returns the keys of an issuer as this process knows them */
export function keysOf(issuer: string): Pick<ProviderKeys, 'find'> {
  const keys = byIssuer.get(issuer) ?? new ProviderKeys(issuer);
  byIssuer.set(issuer, keys);
  return keys;
}

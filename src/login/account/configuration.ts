import { isRecord } from '../../json';
import { isFilledString } from '../browser/store';
import type { Timers } from '../browser/time';
import { within } from '../failures/deadline';
import { asFailure, Failure, isNoResponse } from '../failures/failure';
import { type PageSettings, parsePageSettings } from './page-settings';

/** The account's SSO connection. */
export interface SsoConnection {
  readonly clientId: string;
  readonly ssoProfileSid: string;
}

export interface ConfigurationSources {
  /** The settings known at build time, if the build was made for one account. */
  readonly baked: PageSettings | undefined;
  readonly timers: Timers;
  /** `GET /config`. */
  fetchConfig(signal: AbortSignal): Promise<unknown>;
  getAuthenticationConfig(options: { accountSid: string }): Promise<unknown>;
  /** Called before each use of the SDK, which reads its region from the window. */
  apply(settings: PageSettings): void;
}

export interface Configuration {
  settings(): Promise<PageSettings>;
  /** Requested again for each sign-in: what Twilio says now counts. */
  connection(): Promise<SsoConnection>;
  allowedOrigins(): Promise<readonly string[]>;
}

/** @throws {Failure} `no-configuration` if no connection is active */
export function parseConnection(raw: unknown): SsoConnection {
  const list: unknown[] = isRecord(raw) && Array.isArray(raw.configList) ? raw.configList : [];
  const active = list.find((entry) => isRecord(entry) && entry.active === true);
  if (!isRecord(active) || !isFilledString(active.clientId) || !isFilledString(active.ssoProfileSid)) {
    throw new Failure('no-configuration');
  }
  return { clientId: active.clientId, ssoProfileSid: active.ssoProfileSid };
}

/** Finds the account's settings and SSO connection. A failed request is made again at the next call. */
export function createConfiguration(sources: ConfigurationSources): Configuration {
  const { baked, timers } = sources;
  const config = retryable(async () => {
    try {
      const raw = await abortedAfter((signal) => within(timers, sources.fetchConfig(signal)));
      return { settings: parsePageSettings(raw), allowedOrigins: parseOrigins(raw) };
    } catch (error) {
      throw isNoResponse(error) ? error : new Failure('settings');
    }
  });
  const settings = async () => {
    const found = baked ?? (await config()).settings;
    sources.apply(found);
    return found;
  };
  return {
    settings,
    async connection() {
      const { accountSid } = await settings();
      try {
        return parseConnection(await within(timers, sources.getAuthenticationConfig({ accountSid })));
      } catch (error) {
        throw asFailure(error, 'account');
      }
    },
    allowedOrigins: async () => (await config()).allowedOrigins,
  };
}

function parseOrigins(raw: unknown): readonly string[] {
  return isRecord(raw) && Array.isArray(raw.allowed_origins) ? raw.allowed_origins.filter(isFilledString) : [];
}

/** Aborts the request too once nothing waits for it: Chromium makes an identical GET wait for one that hangs. */
async function abortedAfter<T>(request: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  try {
    return await request(controller.signal);
  } finally {
    controller.abort();
  }
}

/** Shares one run between all calls, until it fails. */
function retryable<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= run().catch((error: unknown) => {
      running = undefined;
      throw error;
    });
    return running;
  };
}

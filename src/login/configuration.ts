import { LOG_LEVELS, type LogLevel } from '../contract/log-levels';
import { isRecord } from '../json';
import { parseHostLabel } from '../settings/host-label';
import { within } from './deadline';
import { type Clock, isFilledString, type KeyValueStore, readJson, type Timers } from './edges';
import { asFailure, Failure, isNoAnswer } from './failure';

const KEY = 'flex-auth:configuration';
const MAX_AGE_MS = 24 * 60 * 60_000;

/** What the page needs to know of the service it belongs to; nothing of it is secret. */
export interface Settings {
  accountSid: string;
  region?: string;
  edge?: string;
  telemetry: boolean;
  logLevel: LogLevel;
}

/** The single sign-on of the account. */
export interface Connection {
  clientId: string;
  ssoProfileSid: string;
}

export interface ConfigurationEdges {
  /** Known since the build, where it was made for one account. */
  baked: Settings | undefined;
  cache: KeyValueStore;
  now: Clock;
  timers: Timers;
  /** `GET /config`. */
  fetchConfig(): Promise<unknown>;
  getAuthenticationConfig(options: { accountSid: string }): Promise<unknown>;
  /** Called before the SDK is: it reads its region from the window. */
  use(settings: Settings): void;
}

export interface Configuration {
  settings(): Promise<Settings>;
  connection(): Promise<Connection>;
  /** Never from the cache: it decides who gets a session. */
  allowedOrigins(): Promise<string[]>;
  /** What is known has not led to a sign-in, so it is looked up anew the next time. */
  forget(): void;
}

/** @throws {Failure} `settings` */
export function parseSettings(raw: unknown): Settings {
  if (!isRecord(raw) || typeof raw.account_sid !== 'string') throw new Failure('settings');
  if (!/^AC[0-9a-f]{32}$/i.test(raw.account_sid)) throw new Failure('settings');
  const level = String(raw.log_level).toLowerCase();
  const region = parseHostLabel(raw.region);
  const edge = parseHostLabel(raw.edge);
  return {
    accountSid: raw.account_sid,
    ...(region && { region }),
    ...(edge && { edge }),
    telemetry: raw.telemetry === true,
    // The SDK throws on a level that it does not know.
    logLevel: isLogLevel(level) ? level : 'error',
  };
}

interface ServiceConfig {
  settings: Settings;
  allowedOrigins: string[];
}

/** What `GET /config` answers. @throws {Failure} `settings` */
function parseConfig(raw: unknown): ServiceConfig {
  const settings = parseSettings(raw);
  const origins: unknown[] = isRecord(raw) && Array.isArray(raw.allowed_origins) ? raw.allowed_origins : [];
  return { settings, allowedOrigins: origins.filter(isFilledString) };
}

/** @throws {Failure} `no-configuration` where none is active */
export function parseConnection(raw: unknown): Connection {
  const list: unknown[] = isRecord(raw) && Array.isArray(raw.configList) ? raw.configList : [];
  const active = list.find((entry) => isRecord(entry) && entry.active === true);
  if (!isRecord(active) || !isFilledString(active.clientId) || !isFilledString(active.ssoProfileSid)) {
    throw new Failure('no-configuration');
  }
  return { clientId: active.clientId, ssoProfileSid: active.ssoProfileSid };
}

/**
 * Where the account's sign-in is found. What an earlier visit found is used at once, up to a day long, while it is
 * looked up anew for the next visit; that saves two requests before the redirect.
 */
export function createConfiguration(edges: ConfigurationEdges): Configuration {
  const { baked, cache, timers } = edges;
  let config: Promise<ServiceConfig> | undefined;
  const fetchConfig = () => {
    config ??= within(timers, edges.fetchConfig())
      .then(parseConfig)
      .catch((error: unknown) => {
        config = undefined;
        throw isNoAnswer(error) ? error : new Failure('settings');
      });
    return config;
  };

  const known = readKnown(cache, edges.now, baked);
  let settings: Promise<Settings> | undefined;
  let connection: Promise<Connection> | undefined;

  const freshSettings = async () => baked ?? (await fetchConfig()).settings;
  const askConnection = async ({ accountSid }: Settings) => {
    const asked = within(timers, edges.getAuthenticationConfig({ accountSid }));
    return parseConnection(
      await asked.catch((error: unknown) => {
        throw asFailure(error, 'account');
      }),
    );
  };
  const keep = (found: Known) => {
    try {
      cache.setItem(KEY, JSON.stringify({ ...found, savedAt: edges.now() }));
    } catch {
      // A full store costs time at the next visit, and nothing else.
    }
  };

  const lookUp = async () => {
    const settings = await freshSettings();
    edges.use(settings);
    const connection = await askConnection(settings);
    keep({ settings, connection });
    return connection;
  };
  /** For the next visit; at once and not one after the other, since the browser is about to leave. */
  const lookUpAgain = async (old: Known) => {
    try {
      const [settings, connection] = await Promise.all([freshSettings(), askConnection(old.settings)]);
      if (isSamePlace(settings, old.settings)) keep({ settings, connection });
      else cache.removeItem(KEY);
    } catch (error) {
      // Only an answer that says "no" makes worthless what is known; the browser may have left before there was one.
      if (asFailure(error).kind === 'no-configuration') cache.removeItem(KEY);
    }
  };
  const forget = () => {
    settings = connection = undefined;
    known.current = undefined;
    cache.removeItem(KEY);
  };

  return {
    async settings() {
      settings ??= Promise.resolve(baked ?? known.current?.settings ?? freshSettings());
      try {
        const found = await settings;
        edges.use(found);
        return found;
      } catch (error) {
        settings = undefined;
        throw error;
      }
    },
    async connection() {
      if (known.current) {
        edges.use(known.current.settings);
        void lookUpAgain(known.current);
        return known.current.connection;
      }
      connection ??= lookUp();
      try {
        return await connection;
      } catch (error) {
        connection = undefined;
        throw error;
      }
    },
    allowedOrigins: async () => (await fetchConfig()).allowedOrigins,
    forget,
  };
}

interface Known {
  settings: Settings;
  connection: Connection;
}

function readKnown(cache: KeyValueStore, now: Clock, baked?: Settings): { current: Known | undefined } {
  const raw = readJson(cache, KEY);
  if (!isRecord(raw) || !isRecord(raw.settings) || !isRecord(raw.connection)) return { current: undefined };
  const ageMs = now() - Number(raw.savedAt);
  if (!(ageMs >= 0 && ageMs < MAX_AGE_MS)) return { current: undefined };
  try {
    const { accountSid: account_sid, logLevel: log_level, ...rest } = raw.settings;
    const settings = parseSettings({ account_sid, log_level, ...rest });
    // Built for another account since, or for another place: what was known of the old one says nothing.
    if (baked && !isSamePlace(baked, settings)) return { current: undefined };
    const connection = parseConnection({ configList: [{ ...raw.connection, active: true }] });
    return { current: { settings, connection } };
  } catch {
    return { current: undefined };
  }
}

const isSamePlace = (one: Settings, other: Settings) =>
  (['accountSid', 'region', 'edge'] as const).every((name) => one[name] === other[name]);

const isLogLevel = (value: string): value is LogLevel => (LOG_LEVELS as readonly string[]).includes(value);

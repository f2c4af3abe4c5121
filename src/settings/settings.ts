import * as v from 'valibot';
import { DEFAULT_TTL_SECONDS } from '../contract/limits';
import { LOG_LEVELS, type LogLevel } from '../contract/log-levels';
import { ApiError } from '../errors';
import { type BackendKey, parseBackendKey } from './backend-key';
import { parseHostLabel } from './host-label';
import {
  crossCheckIdentityProvider,
  IDENTITY_PROVIDER_SETTINGS,
  type IdentityProvider,
  isIdentityProviderName,
  toIdentityProvider,
} from './identity-provider';
import { parseOrigin } from './origin';
import { type AccountSid, type FlexInstanceSid, isAccountSid, isFlexInstanceSid } from './sids';

/** The configuration of a Function: the credentials that the platform injects, and the variables of `.env`. */
export interface Settings {
  readonly accountSid: AccountSid;
  readonly credentials: Credentials;
  readonly flexInstanceSid: FlexInstanceSid | undefined;
  readonly allowedOrigins: readonly string[];
  readonly maxTokenTtlSeconds: number;
  readonly backendKeys: readonly BackendKey[];
  readonly identityProvider: IdentityProvider | undefined;
  readonly region: string | undefined;
  readonly edge: string | undefined;
  readonly telemetry: boolean;
  readonly logLevel: LogLevel;
}

/** An API key is preferred to the Auth Token, since it can be revoked separately. */
export type Credentials =
  | { readonly kind: 'auth-token'; readonly authToken: string }
  | { readonly kind: 'api-key'; readonly sid: string; readonly secret: string };

/** The platform's `context`, or the variables of an `.env` file. */
export type Environment = Readonly<Record<string, unknown>>;

const list = (value: string) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

const text = v.string('must be text');
const optionalText = v.optional(text);

/** @param parse returns `undefined` for a malformed entry; one makes the whole setting malformed */
const listOf = <Entry>(parse: (entry: string) => Entry | undefined, message: string) =>
  v.pipe(
    v.optional(text, ''),
    v.transform((value) => list(value).map(parse)),
    v.custom<Entry[]>((entries) => Array.isArray(entries) && !entries.includes(undefined), message),
  );

const optionalHostLabel = (message: string) =>
  v.optional(v.pipe(v.unknown(), v.transform(parseHostLabel), v.string(message)));

const SettingsSchema = v.object({
  ACCOUNT_SID: v.pipe(
    v.string('is missing: Twilio injects it when deployed, and .env sets it locally'),
    v.guard(isAccountSid, () => 'must be AC and 32 hexadecimal digits'),
  ),
  AUTH_TOKEN: optionalText,
  API_KEY: optionalText,
  API_SECRET: optionalText,
  FLEX_INSTANCE_SID: v.optional(
    v.pipe(
      text,
      v.guard(isFlexInstanceSid, () => 'must be GO and 32 hexadecimal digits, as on Flex > Overview'),
    ),
  ),
  ALLOWED_ORIGINS: listOf(
    parseOrigin,
    'must be origins separated by commas, such as https://app.example.com,https://crm.example.com:8443 (no path, no *)',
  ),
  MAX_TOKEN_TTL: v.pipe(
    v.optional(text, `${DEFAULT_TTL_SECONDS}`),
    v.regex(/^[0-9]{1,9}$/, 'must be a whole number of seconds, from 1 to 999999999'),
    v.transform(Number),
    v.minValue(1, 'must be a whole number of seconds, from 1 to 999999999'),
  ),
  BACKEND_KEYS: listOf(
    parseBackendKey,
    'must be <name>:<scopes>:<sha256> entries separated by commas, as `npm run backend-key` prints them',
  ),
  TWILIO_REGION: optionalHostLabel('must be a Twilio region, such as ie1'),
  TWILIO_EDGE: optionalHostLabel('must be a Twilio edge, such as dublin'),
  TELEMETRY: v.pipe(
    v.optional(text, 'false'),
    v.toLowerCase(),
    v.picklist(['true', 'false'], 'must be true or false'),
    v.transform((value) => value === 'true'),
  ),
  LOG_LEVEL: v.pipe(
    v.optional(text, 'error'),
    v.toLowerCase(),
    v.picklist(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`),
  ),
  ...IDENTITY_PROVIDER_SETTINGS,
});

/** The names of all settings. */
export const SETTING_NAMES: readonly string[] = Object.keys(SettingsSchema.entries);

/** All settings, and names that look like one but are not. */
const namesIn = (environment: Environment): readonly string[] => [
  ...new Set([...SETTING_NAMES, ...Object.keys(environment).filter(isIdentityProviderName)]),
];

/** The settings of the last call. They hardly ever change while a process lives. */
let last: { readonly key: string; readonly settings: Settings } | undefined;

/**
 * Reads and checks all settings at once, so that a mistake shows in the first call and not in the first one that needs the setting.
 *
 * @throws {ApiError} `misconfigured`, naming every setting that is missing or malformed, and no value
 */
export function readSettings(environment: Environment): Settings {
  const key = JSON.stringify(namesIn(environment).map((name) => [name, environment[name]]));
  if (last?.key !== key) last = { key, settings: checkSettings(environment) };
  return last.settings;
}

function checkSettings(environment: Environment): Settings {
  const raw = Object.fromEntries(namesIn(environment).map((name) => [name, present(environment[name])]));
  const result = v.safeParse(SettingsSchema, raw);
  const faults = (result.issues ?? []).map((issue) => `${v.getDotPath(issue)} ${issue.message}`);
  const credentials = readCredentials(raw.AUTH_TOKEN, raw.API_KEY, raw.API_SECRET);
  if (!credentials) faults.push('AUTH_TOKEN is missing (or set both API_KEY and API_SECRET)');
  faults.push(...crossCheckIdentityProvider(raw));
  if (!result.success || !credentials || faults.length > 0) {
    const reason = faults.join('; ');
    throw new ApiError('misconfigured', `This service is misconfigured: ${reason}.`, { reason });
  }
  const settings = result.output;
  return {
    accountSid: settings.ACCOUNT_SID,
    credentials,
    flexInstanceSid: settings.FLEX_INSTANCE_SID,
    allowedOrigins: settings.ALLOWED_ORIGINS,
    maxTokenTtlSeconds: settings.MAX_TOKEN_TTL,
    backendKeys: settings.BACKEND_KEYS,
    identityProvider: toIdentityProvider(settings),
    region: settings.TWILIO_REGION,
    edge: settings.TWILIO_EDGE,
    telemetry: settings.TELEMETRY,
    logLevel: settings.LOG_LEVEL,
  };
}

/** Returns the valid origins even if other settings are malformed, so that pages can read the error. */
export function readAllowedOrigins(environment: Environment): readonly string[] {
  const { ALLOWED_ORIGINS } = environment;
  if (typeof ALLOWED_ORIGINS !== 'string') return [];
  return list(ALLOWED_ORIGINS)
    .map(parseOrigin)
    .filter((origin) => origin !== undefined);
}

/** Treats an empty value as missing: a deploy does not upload it, so it must not mean anything locally either. */
function present(value: unknown): unknown {
  return typeof value === 'string' ? value.trim() || undefined : (value ?? undefined);
}

function readCredentials(authToken: unknown, sid: unknown, secret: unknown): Credentials | undefined {
  if (typeof sid === 'string' && typeof secret === 'string') return { kind: 'api-key', sid, secret };
  if (typeof authToken === 'string') return { kind: 'auth-token', authToken };
  return undefined;
}

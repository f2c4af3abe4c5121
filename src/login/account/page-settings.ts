import { LOG_LEVELS, type LogLevel } from '../../contract/log-levels';
import { isRecord } from '../../json';
import { parseHostLabel } from '../../settings/host-label';
import { Failure } from '../failures/failure';

/** What the page has to know about the service it belongs to. Nothing in it is secret. */
export interface PageSettings {
  readonly accountSid: string;
  readonly region?: string;
  readonly edge?: string;
  readonly telemetry: boolean;
  readonly logLevel: LogLevel;
}

/**
 * Parses the body of `GET /config`.
 *
 * @throws {Failure} `settings`
 */
export function parsePageSettings(raw: unknown): PageSettings {
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
    // The SDK throws on an unknown level.
    logLevel: LOG_LEVELS.find((known) => known === level) ?? 'error',
  };
}

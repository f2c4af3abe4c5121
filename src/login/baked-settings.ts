import { parseSettings, type Settings } from './configuration';

/**
 * The settings that a build may put into the page, so that it need not ask for them: all or nothing, by whether the
 * account is known. Malformed ones are left to `GET /config`, which says what is wrong with them.
 */
export function bakedSettings(env: Readonly<Record<string, string | undefined>>): Settings | undefined {
  try {
    return parseSettings({
      account_sid: env.ACCOUNT_SID,
      region: env.TWILIO_REGION,
      edge: env.TWILIO_EDGE,
      telemetry: env.TELEMETRY === 'true',
      log_level: env.LOG_LEVEL,
    });
  } catch {
    return undefined;
  }
}

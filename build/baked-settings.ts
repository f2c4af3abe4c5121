import type { Settings } from '../src/login/configuration';
import { readSettings } from '../src/settings/settings';

/**
 * The settings that a build may put into the page, so that it need not ask for them: all or nothing, by whether the
 * account is known. Malformed ones are left to `GET /config`, which says what is wrong with them.
 */
export function bakedSettings(env: Readonly<Record<string, string | undefined>>): Settings | undefined {
  const { ACCOUNT_SID, TWILIO_REGION, TWILIO_EDGE, TELEMETRY, LOG_LEVEL } = env;
  try {
    const { accountSid, region, edge, telemetry, logLevel } = readSettings({
      ...{ ACCOUNT_SID, TWILIO_REGION, TWILIO_EDGE, TELEMETRY, LOG_LEVEL },
      // The Functions alone need credentials.
      AUTH_TOKEN: 'of no use here',
    });
    return { accountSid, ...(region && { region }), ...(edge && { edge }), telemetry, logLevel };
  } catch {
    return undefined;
  }
}

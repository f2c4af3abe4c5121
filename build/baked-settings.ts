import type { PageSettings } from '../src/login/account/page-settings';
import { readSettings } from '../src/settings/settings';

/**
 * The settings that a build may put into the page, so that it does not request them: all or none, depending on whether the
 * account is known. Leaves malformed ones to `GET /config`, which reports what is wrong.
 */
export function bakedSettings(env: Readonly<Record<string, string | undefined>>): PageSettings | undefined {
  const { ACCOUNT_SID, TWILIO_REGION, TWILIO_EDGE, TELEMETRY, LOG_LEVEL } = env;
  try {
    const { accountSid, region, edge, telemetry, logLevel } = readSettings({
      ACCOUNT_SID,
      TWILIO_REGION,
      TWILIO_EDGE,
      TELEMETRY,
      LOG_LEVEL,
      // Only the Functions need credentials.
      AUTH_TOKEN: 'unused',
    });
    return { accountSid, ...(region && { region }), ...(edge && { edge }), telemetry, logLevel };
  } catch {
    return undefined;
  }
}

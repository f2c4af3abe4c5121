import type { ConfigBody } from '../contract/responses';
import { serve } from '../http/serve';
import { readSettings } from '../settings/settings';

/** `GET /config`: returns what `login.html` needs, and nothing secret. Ignores the request. */
export const handler = serve('config', async ({ context }) => {
  const { accountSid, allowedOrigins, region, edge, telemetry, logLevel } = readSettings(context);
  const body: ConfigBody = {
    account_sid: accountSid,
    allowed_origins: allowedOrigins,
    ...(region !== undefined && { region }),
    ...(edge !== undefined && { edge }),
    telemetry,
    log_level: logLevel,
  };
  return { status: 200, body };
});

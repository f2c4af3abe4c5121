import { serve } from '../http/serve';
import { readSettings } from '../settings/settings';

/** `GET /config`: what `login.html` needs to know, and nothing secret. */
export const handler = serve('config', async ({ context }) => {
  const settings = readSettings(context);
  return {
    status: 200,
    body: {
      account_sid: settings.accountSid,
      allowed_origins: settings.allowedOrigins,
      ...(settings.region !== undefined && { region: settings.region }),
      ...(settings.edge !== undefined && { edge: settings.edge }),
      telemetry: settings.telemetry,
      log_level: settings.logLevel,
    },
  };
});

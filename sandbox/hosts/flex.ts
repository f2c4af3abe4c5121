import { Hono } from 'hono';
import type { SandboxEnv, Twilio } from '../env';
import { refuse } from './twilio-error';

/**
 * flex.twilio.com: the features of the account, which `createClient` of @twilio/flex-sdk 3.0.0 requests if telemetry is on.
 * Without `flex-sdk-v3-telemetry` among them, the SDK turns telemetry off, so that nothing leaves this machine.
 */
export function flex({ tokens }: Twilio): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();

  app.get('/api/v1/Session', async (c) => {
    const inspection = await tokens.inspect(c.req.header('x-flex-jwe'));
    return inspection.genuine ? c.json({ features: [], insights_active: false }) : refuse(c, 401);
  });

  return app;
}

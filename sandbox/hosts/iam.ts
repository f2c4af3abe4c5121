import { Hono } from 'hono';
import type { SandboxEnv, Twilio } from '../env';
import { accountOnly } from './basic-auth';
import { refuse } from './twilio-error';

const NOTHING_KNOWN = {
  expiration: null,
  identity: null,
  realm_user_id: null,
  roles: null,
  worker_sid: null,
  flex_instance_sid: null,
  flex_user_sid: null,
};

/**
 * iam.twilio.com: validates Flex tokens. An invalid token is a normal response, 200 with `valid: false`. Other statuses are
 * about the credentials of the caller.
 *
 * @see https://www.npmjs.com/package/twilio-flex-token-validator "Token Result"
 */
export function iam(twilio: Twilio): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();

  app.post('/v1/Accounts/:accountSid/Tokens/validate', accountOnly(twilio), async (c) => {
    if (c.req.param('accountSid') !== twilio.account.accountSid) return refuse(c, 401);
    const body = c.get('asked').json;
    if (typeof body !== 'object' || body === null || !('token' in body)) return refuse(c, 400);
    const inspection = await twilio.tokens.inspect(body.token);
    if (inspection.genuine) return c.json(inspection.claims);
    return c.json({ valid: false, code: inspection.code, message: inspection.message, ...NOTHING_KNOWN });
  });

  return app;
}

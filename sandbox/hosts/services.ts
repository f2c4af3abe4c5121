import { type Context, Hono } from 'hono';
import type { SandboxEnv, Twilio } from '../env';
import { SignInRefused } from '../state/sign-in';
import { refusalPage, signInPage } from './identity-provider';
import { parseAuthorizationRequest, parseTokenRequest } from './oauth-input';
import { InvalidParameter, refuse } from './twilio-error';

// Flex's own codes. https://www.twilio.com/docs/api/errors/45003 and /45004
const AUTHORIZATION_ERROR = 45003;
const VALIDATION_ERROR = 45004;

/**
 * services.twilio.com: the single sign-on of Flex, as @twilio/flex-sdk 3.0.0 uses it, and an identity provider to sign in at.
 * Twilio does not document the responses of this host: the fields are those that the SDK reads, the errors those that Flex documents in general.
 *
 * @see https://www.twilio.com/docs/flex/developer/flex-sdk/authentication "Option 1"
 */
export function services({ account, signIn }: Twilio): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();

  app.get('/v1/Flex/Authentication/Config', (c) => {
    const { listed, active } = signIn.settings;
    const configuration = {
      account_sid: account.accountSid,
      instance_sid: account.instanceSid,
      connection_name: account.ssoProfileSid,
      client_id: account.clientId,
      active,
      app_type: 'SinglePageApp',
    };
    const { AccountSid, FlexInstanceSid, RuntimeDomain, SSOProfileSid, AppType } = c.req.query();
    if (!AccountSid && !FlexInstanceSid && !RuntimeDomain && !SSOProfileSid) {
      return refuse(c, 400, 'An account, instance, runtime domain or SSO profile is required', VALIDATION_ERROR);
    }
    // The SDK sends every field, and empty ones for what it was not told. This account has no runtime domain.
    const isMeant =
      (AccountSid || account.accountSid) === account.accountSid &&
      (FlexInstanceSid || account.instanceSid) === account.instanceSid &&
      (SSOProfileSid || account.ssoProfileSid) === account.ssoProfileSid &&
      (AppType || configuration.app_type) === configuration.app_type &&
      !RuntimeDomain;
    return c.json({ config_list: listed && isMeant ? [configuration] : [] });
  });

  app.get('/v1/Flex/Authorize', (c) => {
    try {
      const asked = parseAuthorizationRequest(c.req.query());
      // Relative, as seen from this page: it fits whether the host is a name or the first segment of the path.
      const action = `../../idp/${signIn.request(asked)}`;
      const users = signIn.users().map((user) => ({ ...user, id: user.flexUserSid }));
      return signInPage(c, { action, users, redirectUrl: asked.redirectUrl });
    } catch (error) {
      if (error instanceof InvalidParameter || error instanceof SignInRefused) return refusalPage(c, error.message);
      throw error;
    }
  });

  app.post('/idp/:requestId', (c) => {
    const chosen = new URLSearchParams(c.get('asked').body);
    const target = signIn.answer(c.req.param('requestId'), chosen.get('user') ?? undefined);
    if (target === undefined)
      return refusalPage(c, 'This sign-in is over. Go back to the application and sign in again.');
    c.header('Cache-Control', 'no-store');
    return c.redirect(target, 303);
  });

  app.post('/v1/Flex/OAuth/Tokens', async (c) => {
    c.header('Cache-Control', 'no-store');
    try {
      const asked = parseTokenRequest(c.get('asked').json);
      return c.json(
        asked.grantType === 'AuthorizationCode'
          ? await signIn.exchange(asked)
          : await signIn.refresh(asked.ssoProfileSid, asked.refreshToken),
      );
    } catch (error) {
      return refuseTokens(c, error);
    }
  });

  return app;
}

function refuseTokens(c: Context<SandboxEnv>, error: unknown): Response {
  if (error instanceof InvalidParameter) return refuse(c, 400, error.message, VALIDATION_ERROR);
  if (error instanceof SignInRefused) return refuse(c, 403, error.message, AUTHORIZATION_ERROR);
  throw error;
}

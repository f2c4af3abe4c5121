import type { MiddlewareHandler } from 'hono';
import type { SandboxEnv, Twilio } from '../env';
import type { Account } from '../state/account';
import { refuse } from './twilio-error';

interface BasicCredentials {
  user: string;
  password: string;
}

/** Parses `Authorization: Basic …`. Ignores one `)` after the base64: @twilio/flex-sdk 3.0.0 sends it, and Twilio accepts it. */
export function parseBasic(header: string | undefined): BasicCredentials | undefined {
  const base64 = /^Basic ([A-Za-z0-9+/]+=*)\)?$/i.exec(header ?? '')?.[1];
  if (base64 === undefined) return undefined;
  const [user, ...password] = Buffer.from(base64, 'base64').toString().split(':');
  return user === undefined || password.length === 0 ? undefined : { user, password: password.join(':') };
}

function belongsTo(account: Account, shown: BasicCredentials | undefined): boolean {
  return (
    (shown?.user === account.accountSid && shown.password === account.authToken) ||
    (shown?.user === account.apiKeySid && shown.password === account.apiKeySecret)
  );
}

/** Accepts the account's Auth Token or API key; refuses all other requests with 401. */
export function accountOnly({ account }: Twilio): MiddlewareHandler<SandboxEnv> {
  return async (c, next) => {
    if (!belongsTo(account, parseBasic(c.req.header('authorization')))) return refuse(c, 401);
    return next();
  };
}

/** Also accepts the user `token` with a live Flex token as the password, as browsers send it. */
export function accountOrFlexToken({ account, tokens }: Twilio): MiddlewareHandler<SandboxEnv> {
  return async (c, next) => {
    const shown = parseBasic(c.req.header('authorization'));
    const allowed =
      shown?.user === 'token' ? (await tokens.inspect(shown.password)).genuine : belongsTo(account, shown);
    return allowed ? next() : refuse(c, 401);
  };
}

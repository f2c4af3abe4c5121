import type { MiddlewareHandler } from 'hono';
import type { SandboxEnv, Twilio } from '../env';
import type { Account } from '../state/account';
import { refuse } from './twilio-error';

interface Credentials {
  user: string;
  password: string;
}

/** Reads `Authorization: Basic …`, and overlooks one `)` behind the base64: @twilio/flex-sdk 3.0.0 sends it, Twilio takes it. */
export function parseBasic(header: string | undefined): Credentials | undefined {
  const base64 = /^Basic ([A-Za-z0-9+/]+=*)\)?$/i.exec(header ?? '')?.[1];
  if (base64 === undefined) return undefined;
  const [user, ...password] = Buffer.from(base64, 'base64').toString().split(':');
  return user === undefined || password.length === 0 ? undefined : { user, password: password.join(':') };
}

function belongsTo(account: Account, shown: Credentials | undefined): boolean {
  return (
    (shown?.user === account.accountSid && shown.password === account.authToken) ||
    (shown?.user === account.apiKeySid && shown.password === account.apiKeySecret)
  );
}

/** Lets through whoever shows the account's auth token or API key; 401 for all others. */
export function accountOnly({ account }: Twilio): MiddlewareHandler<SandboxEnv> {
  return async (c, next) => {
    if (!belongsTo(account, parseBasic(c.req.header('authorization')))) return refuse(c, 401);
    return next();
  };
}

/** Lets through a browser too, that shows `token` and a live Flex token in place of a name and a password. */
export function accountOrFlexToken({ account, tokens }: Twilio): MiddlewareHandler<SandboxEnv> {
  return async (c, next) => {
    const shown = parseBasic(c.req.header('authorization'));
    const allowed =
      shown?.user === 'token' ? (await tokens.inspect(shown.password)).genuine : belongsTo(account, shown);
    return allowed ? next() : refuse(c, 401);
  };
}

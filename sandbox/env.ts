import type { HttpBindings } from '@hono/node-server';
import type { Account } from './state/account';
import type { SignIn } from './state/sign-in';
import type { Tokens } from './state/tokens';
import type { Users } from './state/users';
import type { Service } from './twilio-hosts';

/** What one sandbox knows; handed to each emulated host. */
export interface Twilio {
  account: Account;
  users: Users;
  tokens: Tokens;
  signIn: SignIn;
}

/** A request as it reached the sandbox. */
export interface RecordedRequest {
  service: Service;
  /** As asked for, with edge and region: `flex-api.sydney.au1.twilio.com`. */
  host: string;
  method: string;
  /** With its query, as it would be on Twilio's host. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body: string;
  /** The parsed body; undefined where it is not JSON. */
  json: unknown;
  /** Milliseconds since the epoch. */
  atMs: number;
  /** What the answer has as `Twilio-Request-Id`. */
  requestId: string;
}

export interface SandboxEnv {
  Bindings: HttpBindings;
  Variables: { asked: RecordedRequest };
}

import type { HttpBindings } from '@hono/node-server';
import type { Account } from './state/account';
import type { SignIn } from './state/sign-in';
import type { TokenStore } from './state/tokens';
import type { Users } from './state/users';
import type { TwilioService } from './twilio-hosts';

/** The state of one sandbox, shared by the emulated hosts. */
export interface Twilio {
  account: Account;
  users: Users;
  tokens: TokenStore;
  signIn: SignIn;
}

/** A request as it reached the sandbox. */
export interface RecordedRequest {
  service: TwilioService;
  /** As requested, with edge and region: `flex-api.sydney.au1.twilio.com`. */
  host: string;
  method: string;
  /** Includes the query, as on Twilio's host. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body: string;
  /** The parsed body; undefined if it is not JSON. */
  json: unknown;
  /** Milliseconds since the epoch. */
  atMs: number;
  /** The `Twilio-Request-Id` of the response. */
  requestId: string;
}

export interface SandboxEnv {
  Bindings: HttpBindings;
  Variables: { asked: RecordedRequest };
}

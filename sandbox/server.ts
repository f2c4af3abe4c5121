import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { parseJson } from '../src/json';
import type { RecordedRequest, SandboxEnv } from './env';
import { type Fault, Faults, troubled } from './faults';
import { flex } from './hosts/flex';
import { flexApi } from './hosts/flex-api';
import { iam } from './hosts/iam';
import { services } from './hosts/services';
import { refuse } from './hosts/twilio-error';
import { type Account, newAccount, newBackendKey } from './state/account';
import { newSid } from './state/sids';
import { SignIn } from './state/sign-in';
import { type ClaimOverrides, Tokens } from './state/tokens';
import { type FlexRole, type SandboxGuest, type SandboxUser, Users } from './state/users';
import { SERVICES, type Service, serviceOf } from './twilio-hosts';

export type { RecordedRequest } from './env';
export type { Fault } from './faults';
export type { SignInSettings } from './state/sign-in';
export type { SandboxGuest, SandboxUser } from './state/users';

/** A Twilio of one's own: real HTTP on the loopback interface, with one account that nobody else knows. */
export interface Sandbox
  extends Pick<
    Account,
    'accountSid' | 'authToken' | 'apiKeySid' | 'apiKeySecret' | 'instanceSid' | 'ssoProfileSid' | 'clientId'
  > {
  /** Twilio's hosts are the first segment of the path: `${origin}/flex-api.twilio.com/v4/…`. */
  origin: string;
  /** The users that are there at first; `user()` tells how they are now. */
  users: Readonly<Record<FlexRole, SandboxUser> & { guest: SandboxGuest }>;
  user(username: string): SandboxUser | undefined;
  /** A backend key with every scope, and the setting that lists it. */
  backendKey: string;
  backendKeys: string;
  /** The settings that the Functions need to use this account. */
  environment(): Record<string, string>;
  /**
   * A Flex token.
   *
   * @param claims what `Tokens/validate` shall say about it instead of the truth: null stays null, undefined is left out.
   *   `ttlSeconds` (3600) is its real lifetime; with 0 or less it has expired already.
   */
  tokenFor(
    who: FlexRole | 'guest' | SandboxUser | SandboxGuest,
    claims?: ClaimOverrides & { ttlSeconds?: number },
  ): Promise<string>;
  /** The account's single sign-on: `configure` holds until the next reset, `trust` adds a redirect URL for good. */
  signIn: Pick<SignIn, 'configure' | 'trust'>;
  /** What was asked, in order; preflights are not recorded. */
  requests: RecordedRequest[];
  requestsTo(host: Service): RecordedRequest[];
  fault(fault: Fault): void;
  /** Forgets requests, faults, sign-ins and what happened to the users. */
  reset(): void;
  /** Ends whatever still runs or hangs. */
  close(): Promise<void>;
}

// Only these are called by browsers; Twilio lets no foreign page use the others.
const BROWSER_PATHS = [
  '/flex-api/v1/*',
  '/flex/api/*',
  '/services/v1/Flex/Authentication/*',
  '/services/v1/Flex/OAuth/*',
];

export interface SandboxOptions {
  /** 0, or none, for a free one. */
  port?: number;
  /** The pages that a browser may be sent back to after a sign-in, such as `http://localhost:3000/login.html`. */
  trustedRedirectUrls?: readonly string[];
  /** Milliseconds since the epoch: the clock that codes, tokens and sessions expire by. */
  now?: () => number;
}

export async function startSandbox({
  port = 0,
  trustedRedirectUrls = [],
  now = Date.now,
}: SandboxOptions = {}): Promise<Sandbox> {
  const account = newAccount();
  const { backendKey, backendKeys } = newBackendKey();
  const users = new Users(account);
  const tokens = new Tokens(users, now);
  const signIn = new SignIn(tokens, trustedRedirectUrls);
  const faults = new Faults();
  const requests: RecordedRequest[] = [];

  const app = new Hono<SandboxEnv>({ getPath: (request) => routeOf(new URL(request.url).pathname) });
  for (const path of BROWSER_PATHS) app.use(path, cors({ exposeHeaders: ['Twilio-Request-Id', 'Retry-After'] }));
  for (const service of SERVICES) {
    app.use(`/${service}/*`, async (c, next) => {
      const asked = record(service, c.env.incoming, await c.req.text());
      requests.push(asked);
      c.set('asked', asked);
      // On the response itself, not by c.header(): so it is on the answers that faults put in place of this one, too.
      c.res.headers.set('Twilio-Request-Id', asked.requestId);
      await next();
    });
    app.use(`/${service}/*`, troubled(faults));
  }
  const twilio = { account, users, tokens, signIn };
  app.route('/flex', flex(twilio));
  app.route('/flex-api', flexApi(twilio));
  app.route('/iam', iam(twilio));
  app.route('/services', services(twilio));
  app.notFound((c) => (c.get('asked') === undefined ? c.text('Not found', 404) : refuse(c, 404)));
  app.onError((error, c) => {
    // The caller left before its request was here in full: there is nobody to answer.
    if (c.env.outgoing.destroyed) return RESPONSE_ALREADY_SENT;
    throw error;
  });

  // overrideGlobalObjects would put the library's Request and Response in place of the ones that the tested code uses.
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  await listen(server, port);

  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accountSid: account.accountSid,
    authToken: account.authToken,
    apiKeySid: account.apiKeySid,
    apiKeySecret: account.apiKeySecret,
    instanceSid: account.instanceSid,
    ssoProfileSid: account.ssoProfileSid,
    clientId: account.clientId,
    users: { ...users.seeds, guest: users.guest },
    user: (username) => users.byUsername(username),
    backendKey,
    backendKeys,
    environment: () => ({ ACCOUNT_SID: account.accountSid, AUTH_TOKEN: account.authToken, BACKEND_KEYS: backendKeys }),
    async tokenFor(who, { ttlSeconds, ...overrides } = {}) {
      const holder = typeof who === 'string' ? { ...users.seeds, guest: users.guest }[who] : who;
      const current = 'flexUserSid' in holder ? (users.bySid(holder.flexUserSid) ?? holder) : holder;
      return tokens.issue(current, ttlSeconds, overrides);
    },
    signIn,
    requests,
    requestsTo: (host) => requests.filter(({ service }) => service === host),
    fault: (fault) => faults.order(fault),
    reset() {
      requests.length = 0;
      faults.clear();
      users.reset();
      signIn.reset();
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** `/flex-api.sydney.au1.twilio.com/v4/…` as it is routed: `/flex-api/v4/…`. */
function routeOf(pathname: string): string {
  const { host, path } = splitTarget(pathname);
  const service = serviceOf(host);
  return service === undefined ? '/' : `/${service}${path}`;
}

function splitTarget(target: string): { host: string; path: string } {
  const [, host = '', path = ''] = /^\/([^/?]*)(.*)$/.exec(target) ?? [];
  return { host, path };
}

function record(service: Service, incoming: IncomingMessage, body: string): RecordedRequest {
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as const);
  return {
    service,
    ...splitTarget(incoming.url ?? ''),
    method: incoming.method ?? '',
    headers: Object.fromEntries(headers),
    body,
    json: parseJson(body),
    atMs: Date.now(),
    requestId: newSid('RQ'),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

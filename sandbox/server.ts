import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { parseJson } from '../src/json';
import { isLocalhost } from '../src/settings/origin';
import type { RecordedRequest, SandboxEnv } from './env';
import { type Fault, Faults, troubled } from './faults';
import { flex } from './hosts/flex';
import { flexApi } from './hosts/flex-api';
import { iam } from './hosts/iam';
import { services } from './hosts/services';
import { refuse } from './hosts/twilio-error';
import { limited, RequestLimit } from './request-limit';
import { type Account, newAccount, newBackendKey } from './state/account';
import { newSid } from './state/sids';
import { SignIn } from './state/sign-in';
import { type ClaimOverrides, TokenStore } from './state/tokens';
import { type Deprovisioning, type FlexRole, type SandboxGuest, type SandboxUser, Users } from './state/users';
import { SERVICES, serviceOf, type TwilioService } from './twilio-hosts';

export type { RecordedRequest } from './env';
export type { Fault } from './faults';
export type { SignInSettings } from './state/sign-in';
export type { SandboxGuest, SandboxUser } from './state/users';

/** A local Twilio: real HTTP on the loopback interface, with one random account. */
export interface Sandbox
  extends Pick<
    Account,
    'accountSid' | 'authToken' | 'apiKeySid' | 'apiKeySecret' | 'instanceSid' | 'ssoProfileSid' | 'clientId'
  > {
  /** Twilio's hosts are the first segment of the path: `${origin}/flex-api.twilio.com/v4/…`. */
  origin: string;
  /** The initial users; `user()` returns their current state. */
  users: Readonly<Record<FlexRole, SandboxUser> & { guest: SandboxGuest }>;
  user(username: string): SandboxUser | undefined;
  /** A backend key with every scope, and the setting that lists it. */
  backendKey: string;
  backendKeys: string;
  /** The settings that the Functions need to use this account. */
  environment(): Record<string, string>;
  /**
   * Creates a Flex token.
   *
   * @param claims replace the real ones in responses of `Tokens/validate`: null stays null, undefined removes the claim.
   *   `ttlSeconds` (3600) is the real lifetime; with 0 or less, the token has already expired.
   */
  tokenFor(
    who: FlexRole | 'guest' | SandboxUser | SandboxGuest,
    claims?: ClaimOverrides & { ttlSeconds?: number },
  ): Promise<string>;
  /** The account's single sign-on. `configure` lasts until the next reset, `trust` adds a redirect URL permanently. */
  signIn: Pick<SignIn, 'configure' | 'trust'>;
  /** Changes how users are deprovisioned, until the next reset. */
  deprovisioning(options: Partial<Deprovisioning>): void;
  /** All requests in order, without preflights. */
  requests: RecordedRequest[];
  requestsTo(host: TwilioService): RecordedRequest[];
  fault(fault: Fault): void;
  /** Until the next reset, `flex-api` refuses more requests per second than this with 429 and `Retry-After`. */
  limitRequests(perSecond: number): void;
  /** Forgets requests, faults, the limit and sign-ins, and restores the initial users. */
  reset(): void;
  /** Ends the server and every request that is still open. */
  close(): Promise<void>;
}

// Browsers call only these. Twilio sends no CORS headers for the others.
const BROWSER_PATHS = [
  '/flex-api/v1/*',
  '/flex/api/*',
  '/services/v1/Flex/Authentication/*',
  '/services/v1/Flex/OAuth/*',
];

/** Where programs on this machine learn the sandbox's account, as the settings that it would have in `.env`. */
export const ACCOUNT_PATH = '/account';

export interface SandboxOptions {
  /** Default: a free port. */
  port?: number;
  /** The pages to which a browser may return after a sign-in, such as `http://localhost:3000/login.html`. */
  trustedRedirectUrls?: readonly string[];
  /** The clock by which codes, tokens and sessions expire, in milliseconds since the epoch. */
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
  const tokens = new TokenStore(users, now);
  const signIn = new SignIn(tokens, trustedRedirectUrls);
  const faults = new Faults();
  const limit = new RequestLimit();
  const requests: RecordedRequest[] = [];
  const environment = () => ({
    ACCOUNT_SID: account.accountSid,
    AUTH_TOKEN: account.authToken,
    BACKEND_KEYS: backendKeys,
  });

  const app = new Hono<SandboxEnv>({ getPath: (request) => routeOf(new URL(request.url).pathname) });
  for (const path of BROWSER_PATHS) app.use(path, cors({ exposeHeaders: ['Twilio-Request-Id', 'Retry-After'] }));
  for (const service of SERVICES) {
    app.use(`/${service}/*`, async (c, next) => {
      const asked = record(service, c.env.incoming, await c.req.text());
      requests.push(asked);
      c.set('asked', asked);
      // Set on the response itself, not by c.header(), so that responses injected by a fault have it too.
      c.res.headers.set('Twilio-Request-Id', asked.requestId);
      await next();
    });
    app.use(`/${service}/*`, troubled(faults));
  }
  app.use('/flex-api/*', limited(limit));
  app.get(ACCOUNT_PATH, (c) => {
    // Other host names are refused, so that no web page reads this by DNS rebinding.
    return isLocalhost(c.req.header('host') ?? '') ? c.json(environment()) : c.text('Not found', 404);
  });
  const twilio = { account, users, tokens, signIn };
  app.route('/flex', flex(twilio));
  app.route('/flex-api', flexApi(twilio));
  app.route('/iam', iam(twilio));
  app.route('/services', services(twilio));
  app.notFound((c) => (c.get('asked') === undefined ? c.text('Not found', 404) : refuse(c, 404)));
  app.onError((error, c) => {
    // The caller disconnected before its request was complete.
    if (c.env.outgoing.destroyed) return RESPONSE_ALREADY_SENT;
    throw error;
  });

  // overrideGlobalObjects would replace the Request and Response that the tested code uses.
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
    environment,
    async tokenFor(who, { ttlSeconds, ...overrides } = {}) {
      const holder = typeof who === 'string' ? { ...users.seeds, guest: users.guest }[who] : who;
      const current = 'flexUserSid' in holder ? (users.bySid(holder.flexUserSid) ?? holder) : holder;
      return tokens.issue(current, ttlSeconds, overrides);
    },
    signIn,
    deprovisioning(options) {
      users.deprovisioning = { ...users.deprovisioning, ...options };
    },
    requests,
    requestsTo: (host) => requests.filter(({ service }) => service === host),
    fault: (fault) => faults.order(fault),
    limitRequests: (perSecond) => limit.set(perSecond),
    reset() {
      requests.length = 0;
      faults.clear();
      limit.clear();
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

/** Returns the route of `/flex-api.sydney.au1.twilio.com/v4/…`: `/flex-api/v4/…`. */
function routeOf(pathname: string): string {
  if (pathname === ACCOUNT_PATH) return pathname;
  const { host, path } = splitTarget(pathname);
  const service = serviceOf(host);
  return service === undefined ? '/' : `/${service}${path}`;
}

function splitTarget(target: string): { host: string; path: string } {
  const [, host = '', path = ''] = /^\/([^/?]*)(.*)$/.exec(target) ?? [];
  return { host, path };
}

function record(service: TwilioService, incoming: IncomingMessage, body: string): RecordedRequest {
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

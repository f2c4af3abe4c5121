/**
 * Calls this service's Functions and opens its sign-in page, from a browser. One file that imports nothing: copy it into
 * your project, or copy `flex-auth.js` from your service.
 */

const SERVICE_CODES = [
  'invalid_request',
  'missing_credentials',
  'invalid_token',
  'invalid_key',
  'forbidden',
  'user_not_found',
  'user_deactivated',
  'rate_limited',
  'misconfigured',
  'internal_error',
  'upstream_error',
  'upstream_timeout',
] as const;

/** The codes that the service returns. The client uses `missing_credentials` and `invalid_token` too, for a token that it cannot send. */
export type ServiceErrorCode = (typeof SERVICE_CODES)[number];

/**
 * - `network_error`: no response, or one that this page may not read; the browser does not say which
 * - `timeout`: no response in time
 * - `unexpected_answer`: a response that is not documented, such as the HTML of a proxy
 * - `sign_in_refused`: the sign-in page could not sign the person in; see `message` and `reason`
 */
export type FlexAuthErrorCode =
  | ServiceErrorCode
  | 'network_error'
  | 'timeout'
  | 'unexpected_answer'
  | 'popup_blocked'
  | 'popup_closed'
  | 'sign_in_refused'
  | 'sign_in_timeout';

/** A field of the request that the service refused. */
export interface FieldFault {
  readonly field: string;
  readonly message: string;
}

/** What Twilio returned when it refused a request of the service. */
export interface UpstreamFault {
  readonly status: number;
  readonly code?: number;
  readonly request_id?: string;
}

interface ErrorFacts {
  readonly status?: number | undefined;
  readonly details?: readonly FieldFault[] | undefined;
  readonly upstream?: UpstreamFault | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly reason?: string | undefined;
  readonly cause?: unknown;
}

/** A call or a sign-in that failed. `message` says what to do next, and contains no token. */
export class FlexAuthError extends Error {
  override readonly name: string = 'FlexAuthError';
  readonly code: FlexAuthErrorCode;
  /** The HTTP status, if there was a response. */
  readonly status: number | undefined;
  /** The invalid fields, for `invalid_request`. */
  readonly details: readonly FieldFault[] | undefined;
  readonly upstream: UpstreamFault | undefined;
  /** How long to wait before a retry, if Twilio said so. */
  readonly retryAfterSeconds: number | undefined;
  /** The sign-in page's name for the failure: `denied`, `untrusted`, `unreachable` and others. */
  readonly reason: string | undefined;

  constructor(code: FlexAuthErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message);
    this.code = code;
    this.status = facts.status;
    this.details = facts.details;
    this.upstream = facts.upstream;
    this.retryAfterSeconds = facts.retryAfterSeconds;
    this.reason = facts.reason;
    // Not declared as a field: whether `Error` has one depends on the `lib` of the project that compiles this file.
    if ('cause' in facts) Object.defineProperty(this, 'cause', { value: facts.cause, configurable: true });
  }
}

export type FlexRole = 'agent' | 'supervisor' | 'admin';

/** A user as Twilio returns it. A lookup by user name gives `worker_sid`; the other calls give `worker`. */
export interface FlexUser {
  readonly flex_user_sid: string;
  readonly username: string;
  readonly email?: string | null;
  readonly full_name?: string | null;
  readonly roles?: readonly string[];
  readonly worker_sid?: string | null;
  readonly workspace_sid?: string | null;
  readonly worker?: { readonly worker_sid?: string | null; readonly workspace_sid?: string | null } | null;
  readonly deactivated?: boolean | null;
  readonly deactivated_date?: string | null;
  readonly account_sid?: string;
  readonly instance_sid?: string;
  readonly flex_team_sid?: string | null;
  readonly locale?: string | null;
  readonly created_date?: string;
  readonly updated_date?: string;
  readonly version?: number;
}

export interface MintedToken {
  /** A secret: the token to pass to the Flex SDK's `createClient`. */
  readonly access_token: string;
  readonly token_info: {
    /** ISO 8601. */
    readonly expiration?: string;
    readonly flex_user_sid?: string | null;
    readonly username?: string;
    readonly identity?: string;
    readonly roles?: readonly string[];
    readonly permissions?: readonly string[];
    readonly account_sid?: string;
    readonly flex_instance_sid?: string;
  };
}

/** A session from the sign-in page. Its tokens are secrets. */
export interface FlexSession {
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** ISO 8601. */
  readonly expiresAt: string;
  readonly identity: string;
  /** The plain user name, if there is one. */
  readonly username?: string;
  readonly roles: readonly string[];
  readonly accountSid: string;
  readonly ssoProfileSid?: string;
}

export interface NewUser {
  readonly username: string;
  readonly email: string;
  readonly full_name: string;
  readonly roles: readonly FlexRole[];
  readonly worker?: { readonly attributes?: Readonly<Record<string, unknown>> };
}

export type NamedUser =
  | { readonly username: string; readonly flex_user_sid?: never }
  | { readonly flex_user_sid: string; readonly username?: never };

/** Without either field: the caller's own user. */
export type NamedUserOrOneself = NamedUser | { readonly username?: never; readonly flex_user_sid?: never };

export interface CallOptions {
  /** Cancels the call: the promise rejects with the signal's reason, as `fetch` does. */
  readonly signal?: AbortSignal | undefined;
}

export interface FlexAuthOptions {
  /** The origin of the deployed service, such as `https://flex-auth-1234.twil.io`. */
  readonly service: string;
  /** Returns the current token. Called for each request, because Flex renews its token during the day. */
  readonly token: () => string | undefined | Promise<string | undefined>;
  /** The limit for one call, `token` included. Default: 12 s; the service responds within 9 s. */
  readonly timeLimitMs?: number;
}

/** Each promise rejects with a {@link FlexAuthError}, or with the signal's reason. */
export interface FlexAuth {
  lookup(user?: NamedUserOrOneself, options?: CallOptions): Promise<FlexUser>;
  /** `ttl` is in whole seconds. Default: an hour, or the service's `MAX_TOKEN_TTL` if that is less. */
  mint(request?: NamedUserOrOneself & { readonly ttl?: number }, options?: CallOptions): Promise<MintedToken>;
  provision(user: NewUser, options?: CallOptions): Promise<FlexUser>;
  deprovision(user: NamedUser, options?: CallOptions): Promise<void>;
}

/**
 * Creates a client for the service's Functions. Sends nothing until one of its methods is called.
 *
 * @throws {TypeError} if `service` is not an origin, or is one that a token would reach unencrypted
 */
export function createFlexAuth({ service, token, timeLimitMs = 12_000 }: FlexAuthOptions): FlexAuth {
  const origin = parseService(service);
  const tooLate = () => new FlexAuthError('timeout', `No response within ${timeLimitMs / 1000} s. Retry.`);

  async function send<Result>(path: string, fields: object, isResult: Guard<Result>, signal: AbortSignal) {
    const body = toForm(fields);
    body.set('Token', await readToken(token));
    // A form without a header of our own is a simple request in terms of CORS: the browser sends no preflight.
    const { response, text } = await fetch(origin + path, { method: 'POST', body, signal })
      .then(async (response) => {
        readServerTime(response.headers);
        return { response, text: await response.text() };
      })
      .catch((cause: unknown) => {
        throw unreachable(origin, cause);
      });
    const result = parseJson(text);
    if (isResult(result, response)) return result;
    throw readError(result, response);
  }

  function call<Result>(path: string, fields: object, isResult: Guard<Result>, { signal }: CallOptions = {}) {
    return within<Result>(timeLimitMs, tooLate, signal, (resolve, reject) => {
      const ending = new AbortController();
      send(path, fields, isResult, ending.signal).then(resolve, reject);
      return () => ending.abort();
    });
  }

  return {
    lookup: (user = {}, options) => call('/lookup', user, isUser, options),
    mint: (request = {}, options) => call('/mint', request, isMintedToken, options),
    provision: (user, options) => call('/provision', user, isUser, options),
    deprovision: (user, options) => call('/deprovision', user, isEmpty, options),
  };
}

export interface SignInOptions extends CallOptions {
  /** The origin of the deployed service. Its `ALLOWED_ORIGINS` must list the origin of this page. */
  readonly service: string;
  /** Default: 10 minutes, as long as the sign-in page waits for the identity provider. */
  readonly timeLimitMs?: number;
}

/**
 * Opens the sign-in page in a popup. Call it in a click handler before the first `await`, or the browser blocks the popup.
 * Closes the popup when it ends, with two exceptions: the popup shows why a sign-in was refused, or a later call uses it.
 *
 * If an identity provider (or your page) sends `Cross-Origin-Opener-Policy: same-origin`, the browser cuts the popup off
 * from this page. It then looks closed from here, and the promise rejects with `popup_closed`.
 *
 * @throws {FlexAuthError} `popup_blocked`, `popup_closed`, `sign_in_refused` or `sign_in_timeout`; or the signal's reason
 * @throws {TypeError} as {@link createFlexAuth} does
 */
export function signIn({ service, timeLimitMs = 600_000, signal }: SignInOptions): Promise<FlexSession> {
  const tooLate = () => new FlexAuthError('sign_in_timeout', 'The sign-in timed out. Try again.');
  return within<FlexSession>(timeLimitMs, tooLate, signal, (resolve, reject) => {
    const origin = parseService(service);
    const query = new URLSearchParams({ mode: 'popup', origin: window.origin });
    const popup = window.open(`${origin}/login.html?${query}`, 'flex-auth', 'popup,width=480,height=640');
    if (!popup || popup.closed) {
      throw new FlexAuthError('popup_blocked', 'The browser blocked the sign-in window. Allow popups, then try again.');
    }
    popup.focus();
    const isLatest = takeOverPopup();

    let isRefused = false;
    const receive = ({ origin: sender, source, data }: MessageEvent<unknown>) => {
      if (sender !== origin || source !== popup) return;
      const { type, session, reason, message } =
        fieldsOf<Record<'type' | 'session' | 'reason' | 'message', unknown>>(data);
      if (type === 'flex-auth:session' && isSession(session)) resolve(session);
      if (type === 'flex-auth:refused') {
        isRefused = true;
        reject(refused(reason, message));
      }
    };
    let timesSeenClosed = 0;
    const watch = setInterval(() => {
      timesSeenClosed += popup.closed ? 1 : 0;
      // Not the first time: a popup that has just closed itself may have sent a session that is still on its way.
      if (timesSeenClosed > 2) reject(closed(origin));
    }, 300);
    window.addEventListener('message', receive);
    return () => {
      window.removeEventListener('message', receive);
      clearInterval(watch);
      // After the current task's code: if that starts another sign-in, the popup is reused instead of closed and reopened.
      if (!isRefused) void Promise.resolve().then(() => isLatest() && popup.close());
    };
  });
}

const LATEST_SIGN_IN = /* @__PURE__ */ Symbol.for('flex-auth.latest-sign-in');

/**
 * All calls share one popup. The latest call is noted on `window`, so that several copies of this file on a page agree.
 *
 * @returns whether no later call has taken the popup over
 */
function takeOverPopup(): () => boolean {
  const shared = window as unknown as Record<symbol, unknown>;
  const call = {};
  shared[LATEST_SIGN_IN] = call;
  return () => shared[LATEST_SIGN_IN] === call;
}

/** A Flex token and its expiration (ISO 8601). */
export interface FlexToken {
  /** A secret. */
  readonly accessToken: string;
  readonly expiresAt: string;
}

/** Returns a new token on each call: the result of `mint`, or `{accessToken, expiresAt}`. */
export type GetToken = (options: { readonly signal: AbortSignal }) => Promise<MintedToken | FlexToken>;

/** What is used of the Flex SDK's `Client`. */
export interface RenewableClient {
  updateToken(token: string): unknown;
  destroy(): unknown;
}

export interface RenewalHandlers {
  readonly onRenewed?: ((token: FlexToken) => unknown) | undefined;
  /** Called once if renewal keeps failing, at the latest a minute before the expiry. `onRenewed` may still follow. */
  readonly onEnding?: ((error: unknown) => unknown) | undefined;
  /** Called if no token came by the expiry. Nothing follows. */
  readonly onEnded?: ((error: unknown) => unknown) | undefined;
}

export interface ConnectOptions<Client extends RenewableClient, ClientOptions extends object> extends RenewalHandlers {
  /** The Flex SDK's `createClient`. Called with `session: {autoUpdateToken: false}`. */
  readonly createClient: (token: string, options?: ClientOptions) => Promise<Client>;
  /** Called for each token: one call at a time, at most 12 s each, then its signal is aborted. */
  readonly getToken: GetToken;
  readonly clientOptions?: Omit<ClientOptions, 'session'> | undefined;
}

export interface Connection<Client> extends FlexToken {
  readonly client: Client;
  /** Renews the token if that is due. */
  check(): void;
  /** Ends the renewal for good. Does not destroy the client. */
  stop(): void;
}

/**
 * Creates a Flex client and renews its token ahead of each expiry, for as long as the page is open. Keeps time by the
 * `Date` headers of servers, so that a sleep or a wrong device clock does not end the session.
 *
 * @throws what `getToken` or `createClient` throws; {@link FlexAuthError} `timeout` after 12 s for the token, 30 s for the client
 */
export async function connect<Client extends RenewableClient, ClientOptions extends object>({
  createClient,
  getToken,
  clientOptions,
  ...handlers
}: ConnectOptions<Client, ClientOptions>): Promise<Connection<Client>> {
  const first = await requestToken(getToken);
  const tooLate = () => new FlexAuthError('timeout', 'The Flex client did not start within 30 s. Retry.');
  const starting = within<Client>(30_000, tooLate, undefined, (resolve, reject) => {
    let isOver = false;
    // Explicit, because the SDK otherwise takes over the session options of an earlier client on the page.
    const options = { ...clientOptions, session: { autoUpdateToken: false } };
    createClient(first.accessToken, options as unknown as ClientOptions).then(
      (client) => (isOver ? destroy(client) : resolve(client)),
      reject,
    );
    return () => {
      isOver = true;
    };
  });
  const [client] = await Promise.all([starting, syncServerTime()]);

  let isStopped = false;
  const renewal = keepRenewed({
    ...handlers,
    first,
    getToken,
    use: ({ accessToken }) => client.updateToken(accessToken),
    onEnded(error) {
      destroy(client);
      // The client's listeners have run by now, and may have called stop().
      return isStopped ? undefined : handlers.onEnded?.(error);
    },
  });
  return {
    client,
    get accessToken() {
      return renewal.token.accessToken;
    },
    get expiresAt() {
      return renewal.token.expiresAt;
    },
    check: renewal.check,
    stop() {
      isStopped = true;
      renewal.stop();
    },
  };
}

function destroy(client: RenewableClient): void {
  // The Flex SDK calls the app's `clientDestroyed` listeners within `destroy()`, so it throws what they throw.
  void new Promise((resolve) => resolve(client.destroy())).catch(() => {});
}

/** The functions of the Flex SDK that renew a session, as far as they are used. */
export interface SessionFunctions {
  refreshToken(options: { refreshToken: string; ssoProfileSid: string }): Promise<object>;
  validateToken(accountSid: string, token: string): Promise<object>;
}

interface SessionTokens {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  /** Unknown for as long as the token has not been validated. */
  expiresAt?: string | undefined;
}

interface SharedSession {
  tokens: SessionTokens;
  refreshing?: { readonly sinceMs: number; readonly done: Promise<void> } | undefined;
}

/** By the refresh token that each session began with, so that a component that is mounted again continues with the latest one. */
const sharedSessions = new Map<string, SharedSession>();

/**
 * Returns a `getToken` for a session from {@link signIn}. Uses each refresh token once, and again only after an attempt
 * that failed or gave no result within 12 s. Keeps tokens that come after that.
 */
export function sessionTokens(session: FlexSession, { refreshToken, validateToken }: SessionFunctions): GetToken {
  const key = session.refreshToken ?? session.accessToken;
  const { accessToken, expiresAt, accountSid, ssoProfileSid } = session;
  const shared = sharedSessions.get(key) ?? { tokens: { accessToken, refreshToken: session.refreshToken, expiresAt } };
  sharedSessions.set(key, shared);
  let returned: string | undefined;

  async function refresh(): Promise<void> {
    const before = shared.tokens;
    if (before.refreshToken === undefined || ssoProfileSid === undefined) {
      throw new FlexAuthError('missing_credentials', 'This session cannot be renewed. Sign in again.');
    }
    const options = { refreshToken: before.refreshToken, ssoProfileSid };
    try {
      const result = fieldsOf<SessionTokens>(await refreshToken(options));
      if (!isText(result.accessToken)) throw noToken('refreshToken');
      const next = isText(result.refreshToken) ? result.refreshToken : before.refreshToken;
      if (shared.tokens === before) shared.tokens = { accessToken: result.accessToken, refreshToken: next };
    } catch (error) {
      // An earlier attempt may have brought new tokens by now: it used up the refresh token.
      if (shared.tokens === before) throw error;
    }
  }

  function refreshOnce(): Promise<void> {
    const sinceMs = performance.now();
    const { refreshing } = shared;
    if (refreshing && sinceMs - refreshing.sinceMs < TOKEN_LIMIT_MS) return refreshing.done;
    const done = refresh().finally(() => {
      if (shared.refreshing?.done === done) shared.refreshing = undefined;
    });
    shared.refreshing = { sinceMs, done };
    return done;
  }

  return async ({ signal }) => {
    await syncServerTime();
    const { tokens } = shared;
    const hasExpired = tokens.expiresAt !== undefined && Date.parse(tokens.expiresAt) <= serverNow();
    if (tokens.accessToken === returned || hasExpired) await refreshOnce();
    const current = shared.tokens;
    if (current.expiresAt === undefined) {
      const info = fieldsOf<{ dateExpired: unknown }>(await validateToken(accountSid, current.accessToken));
      // Declared as a `Date`, but the SDK passes Twilio's string on.
      const expiresMs = Date.parse(String(info.dateExpired));
      if (Number.isNaN(expiresMs)) throw noToken('validateToken');
      current.expiresAt = new Date(expiresMs).toISOString();
    }
    if (!signal.aborted) returned = current.accessToken;
    return { accessToken: current.accessToken, expiresAt: current.expiresAt };
  };
}

const TOKEN_LIMIT_MS = 12_000;

/** Calls `getToken` once. Drops a token that comes too late. */
function requestToken(getToken: GetToken, signal?: AbortSignal): Promise<FlexToken> {
  const call = new AbortController();
  const tooLate = () => {
    const error = tokenTimeout();
    call.abort(error);
    return error;
  };
  return within<FlexToken>(TOKEN_LIMIT_MS, tooLate, signal, (resolve, reject) => {
    const asked = new Promise((resolveCall) => resolveCall(getToken({ signal: call.signal })));
    asked.then(parseToken).then(resolve, reject);
    return () => {
      if (signal?.aborted) call.abort(signal.reason);
    };
  });
}

function parseToken(value: unknown): FlexToken {
  const { access_token, token_info, accessToken = access_token, expiresAt } = fieldsOf<MintedToken & FlexToken>(value);
  const expires = expiresAt ?? fieldsOf<MintedToken['token_info']>(token_info).expiration;
  if (!isText(accessToken) || !isText(expires) || Number.isNaN(Date.parse(expires))) throw noToken('getToken');
  return { accessToken, expiresAt: expires };
}

const noToken = (name: string) =>
  new FlexAuthError(
    'unexpected_answer',
    `${name} returned no new token with an expiration. Sign in again if it persists.`,
  );

const tokenTimeout = () => new FlexAuthError('timeout', 'getToken returned nothing within 12 s.');

export interface RenewalOptions extends RenewalHandlers {
  readonly first: FlexToken;
  readonly getToken: GetToken;
  /** Puts a new token to use, before `onRenewed`. If it throws, the renewal has failed. */
  readonly use: (token: FlexToken) => unknown;
}

export interface Renewal {
  readonly token: FlexToken;
  check(): void;
  stop(): void;
}

const LEAD_MS = 5 * 60_000;
const WARNING_MS = 60_000;
const RETRY_MS = { first: 2_000, longest: 30_000 };
/** How long renewal may fail, past the expiry, while the time is only assumed. */
const UNSURE_MS = 5 * 60_000;
/** The longest time between two looks at the clock: after a sleep, timers go on as if there had been none. */
const TICK_MS = 5_000;
/** Longer than the minute between two timers of a background tab. */
const GAP_MS = 90_000;
/** For a new token that has expired by the clock: the clock must be wrong. */
const ASSUMED_LIFETIME_MS = 2 * 60_000;

/**
 * Renews a token ahead of each expiry. The part of {@link connect} that knows nothing of a client: `login.html` uses it too.
 * Call {@link syncServerTime} first. All times below are milliseconds of {@link serverNow}.
 */
export function keepRenewed({ first, getToken, use, onRenewed, onEnding, onEnded }: RenewalOptions): Renewal {
  const ending = new AbortController();
  const { signal } = ending;
  const events: readonly (readonly [EventTarget | undefined, string])[] = [
    [globalThis.window, 'online'],
    [globalThis.window, 'pageshow'],
    [globalThis.document, 'visibilitychange'],
  ];
  const wake = ({ type }: Event) => {
    // Back online: does not wait for the rest of a backoff that began before.
    if (type === 'online') nextAt = Math.min(nextAt, Math.max(endsAt - lead, calledAt + RETRY_MS.first));
    void look();
  };

  let token = first;
  let endsAt = 0;
  let lead = 0;
  let nextAt = 0;
  /** When the current call of `getToken` began. */
  let callAt: number | undefined;
  /** When the latest one began. */
  let calledAt = 0;
  /** When the first call of this renewal began. Unset after a sleep or an offline stretch: the network may need a moment. */
  let triedAt: number | undefined;
  let retries = 0;
  let failure: { readonly error: unknown } | undefined;
  let isWarned = false;
  let isSyncing = false;
  let plannedBy = clock;
  let lookedAt = serverNow();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const warnAt = () => endsAt - warning();
  const warning = () => Math.min(WARNING_MS, lead / 2);

  function adopt(next: FlexToken): void {
    const now = serverNow();
    const expires = Date.parse(next.expiresAt);
    const isLonger = token === next || expires > Date.parse(token.expiresAt);
    endsAt = expires > now ? expires : now + ASSUMED_LIFETIME_MS;
    lead = Math.min(LEAD_MS, (endsAt - now) / 2);
    // At a session's maximum length, new tokens last no longer than the old one.
    nextAt = isLonger ? endsAt - lead : Math.max(endsAt - lead, now + RETRY_MS.first);
    token = next;
    triedAt = undefined;
    retries = 0;
    failure = undefined;
    isWarned = false;
  }

  /** The time may have been wrong until now: what was planned by it is planned again. */
  function keepTime(): void {
    if (!isTimeAssumed() && endsAt !== Date.parse(token.expiresAt)) adopt(token);
    nextAt = Math.min(nextAt, Math.max(endsAt - lead, serverNow() + RETRY_MS.first));
  }

  async function look(): Promise<void> {
    if (signal.aborted || isSyncing) return;
    clearTimeout(timer);
    if (isTimeUncertain()) {
      isSyncing = true;
      await syncServerTime(signal);
      isSyncing = false;
      if (signal.aborted) return;
    }
    if (plannedBy !== clock) {
      plannedBy = clock;
      keepTime();
    }
    const now = serverNow();
    if (isOffline() || now - lookedAt > GAP_MS) triedAt = undefined;
    lookedAt = now;
    if (!isOffline()) {
      const isFailing = failure !== undefined || (callAt ?? now) < warnAt();
      if (!isWarned && isFailing && now >= warnAt()) {
        isWarned = true;
        void tell(onEnding, failure ? failure.error : tokenTimeout());
      }
      if (callAt === undefined && now >= nextAt && !signal.aborted) void renew(now);
    }
    if (signal.aborted) return;
    // A handler may have called check().
    clearTimeout(timer);
    const wakeAt = Math.min(...[nextAt, warnAt(), now + TICK_MS].filter((time) => time > now));
    timer = setTimeout(look, Math.ceil(wakeAt - now));
  }

  async function renew(startedAt: number): Promise<void> {
    callAt = startedAt;
    calledAt = startedAt;
    triedAt ??= startedAt;
    try {
      const next = await requestToken(getToken, signal);
      const expires = Date.parse(next.expiresAt);
      const isOld = expires <= serverNow() && expires <= Date.parse(token.expiresAt);
      if (next.accessToken === token.accessToken || isOld) throw noToken('getToken');
      use(next);
      adopt(next);
      // Within `use`, the Flex SDK calls listeners of the app, which may call stop().
      if (!signal.aborted) void tell(onRenewed, next);
    } catch (error) {
      if (!signal.aborted) fail(error, startedAt);
    }
    callAt = undefined;
    void look();
  }

  function fail(error: unknown, startedAt: number): void {
    failure = { error };
    const now = serverNow();
    const hasTriedLong = now - (triedAt ?? now) >= (isTimeAssumed() ? UNSURE_MS : warning());
    if (startedAt >= endsAt && hasTriedLong && !isOffline()) {
      stop();
      void tell(onEnded, error);
      return;
    }
    const retryAt = now + Math.min(RETRY_MS.first * 2 ** retries, RETRY_MS.longest);
    retries += 1;
    nextAt = now < endsAt ? Math.min(retryAt, endsAt) : retryAt;
  }

  function stop(): void {
    if (signal.aborted) return;
    ending.abort();
    clearTimeout(timer);
    for (const [target, type] of events) target?.removeEventListener(type, wake);
  }

  adopt(first);
  for (const [target, type] of events) target?.addEventListener(type, wake);
  void look();
  return {
    get token() {
      return token;
    },
    check: () => void look(),
    stop,
  };
}

const isOffline = () => globalThis.navigator?.onLine === false;

/** Calls a handler. What it throws is logged and changes nothing. */
async function tell<Value>(handler: ((value: Value) => unknown) | undefined, value: Value): Promise<void> {
  try {
    await handler?.(value);
  } catch (error) {
    console.error(error);
  }
}

/** Offsets from `performance.now()`, in milliseconds: of the server's time, and of the device's clock when that was read. */
let clock:
  | {
      readonly server: number;
      readonly device: number;
      readonly isExact: boolean;
      /** By `performance.now()`: when to request the time again, after a failure; `Infinity` if that is of no use. */
      readonly retryAt: number;
    }
  | undefined;

const TIME_RETRY_MS = { first: 5_000, longest: 5 * 60_000 };
let timeRetryMs = TIME_RETRY_MS.first;

const deviceOffset = () => Date.now() - performance.now();

/** Whether the device has slept or its clock was set. Only a server can tell which. */
const hasJumped = () => clock === undefined || Math.abs(deviceOffset() - clock.device) > 2_000;

/** Whether the device's clock stands in for a server that did not respond. */
const isTimeAssumed = () => clock !== undefined && clock.retryAt !== Infinity;

const isTimeUncertain = () => hasJumped() || (clock?.retryAt ?? 0) <= performance.now();

/** The server's time in milliseconds since 1970, as far as it is known. */
export const serverNow = (): number => (clock?.server ?? deviceOffset()) + performance.now();

/** Reads the server's time from a response, if it is not known. `Age` is how long a cache has held the response. */
export function readServerTime(headers: Headers): boolean {
  if (clock?.isExact && !hasJumped()) return true;
  const ms = Date.parse(headers.get('Date') ?? '') + 1000 * Number(headers.get('Age'));
  if (Number.isNaN(ms)) return false;
  clock = { server: ms - performance.now(), device: deviceOffset(), isExact: true, retryAt: Infinity };
  timeRetryMs = TIME_RETRY_MS.first;
  return true;
}

/**
 * Requests the time from the page's own server, if it is not known or the device's clock has jumped. Falls back to the device:
 * it may have slept, so a jump ahead counts as time that has passed. If the server did not respond, a later call requests it again.
 */
export async function syncServerTime(signal?: AbortSignal): Promise<void> {
  if (!hasJumped() && !isTimeAssumed()) return;
  let retryAt = Infinity;
  const headers = await requestOwnHeaders(signal).catch(() => {
    retryAt = performance.now() + timeRetryMs;
    timeRetryMs = Math.min(timeRetryMs * 2, TIME_RETRY_MS.longest);
    return undefined;
  });
  if (signal?.aborted || (headers && readServerTime(headers))) return;
  const device = deviceOffset();
  const server = clock ? clock.server + Math.max(0, device - clock.device) : device;
  clock = { server, device, isExact: false, retryAt };
}

async function requestOwnHeaders(signal: AbortSignal | undefined): Promise<Headers | undefined> {
  const { origin, pathname } = globalThis.location ?? {};
  if (!origin || origin === 'null') return undefined;
  const tooLate = () => new FlexAuthError('timeout', 'No response within 3 s.');
  return within<Headers>(3_000, tooLate, signal, (resolve, reject) => {
    const call = new AbortController();
    const request = { method: 'HEAD', cache: 'no-store', signal: call.signal } as const;
    fetch(origin + pathname, request).then(({ headers }) => resolve(headers), reject);
    return () => call.abort();
  });
}

/**
 * Limits the time of a task. Clears its timer and listener before the promise settles.
 *
 * @param start runs at once, in the same task; returns what ends the work that it started
 */
function within<T>(
  limitMs: number,
  tooLate: () => Error,
  signal: AbortSignal | undefined,
  start: (resolve: (value: T) => void, reject: (reason: unknown) => void) => () => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (signal?.aborted) throw signal.reason;
    const ending =
      <V>(settle: (value: V) => void) =>
      (value: V) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', cancel);
        stop();
        settle(value);
      };
    const fail = ending(reject);
    const cancel = () => fail(signal?.reason);
    const stop = start(ending(resolve), fail);
    const timer = setTimeout(() => fail(tooLate()), limitMs);
    signal?.addEventListener('abort', cancel);
    // The task may have ended it.
    if (signal?.aborted) cancel();
  });
}

const SERVICE = /^(https:\/\/[^/?#@\\\s]+|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?)\/?$/i;

function parseService(service: string): string {
  if (SERVICE.test(service)) return new URL(service).origin;
  throw new TypeError(`Invalid service: "${service}". Use an origin such as https://flex-auth-1234.twil.io`);
}

/** The token that `token` returns, if it can be sent. */
async function readToken(token: FlexAuthOptions['token']): Promise<string> {
  let found: unknown;
  let cause: unknown;
  try {
    found = await token();
  } catch (error) {
    cause = error;
  }
  if (!isText(found))
    throw new FlexAuthError('missing_credentials', 'No Flex token. Sign in, then try again.', { cause });
  if (/^[!-~]+$/.test(found)) return found;
  throw new FlexAuthError('invalid_token', 'The Flex token contains invalid characters. Sign in again.');
}

/** A value of a type that has no place in a form is sent empty, so that the service refuses the field by name. */
function toForm(fields: object): URLSearchParams {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields) as [string, unknown][]) {
    if (name === 'worker' && isObject(value)) form.set(name, JSON.stringify(value));
    else if (Array.isArray(value)) form.set(name, value.join());
    else if (isText(value) || typeof value === 'number') form.set(name, `${value}`);
    else if (value !== undefined) form.set(name, '');
  }
  return form;
}

type Guard<Result> = (body: unknown, response: Response) => body is Result;

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** The fields of what may be a `T`, each of unknown type. */
const fieldsOf = <T>(value: unknown) => (isObject(value) ? value : {}) as { readonly [Name in keyof T]?: unknown };

const isUser = (body: unknown, { ok }: Response): body is FlexUser =>
  ok && isText(fieldsOf<FlexUser>(body).flex_user_sid);

const isMintedToken = (body: unknown, { ok }: Response): body is MintedToken => {
  const { access_token, token_info } = fieldsOf<MintedToken>(body);
  return ok && isText(access_token) && isObject(token_info);
};

const isEmpty = (_: unknown, { status }: Response): _ is undefined => status === 204;

function isSession(value: unknown): value is FlexSession {
  const { accessToken, expiresAt, identity, accountSid, roles } = fieldsOf<FlexSession>(value);
  return [accessToken, expiresAt, identity, accountSid].every(isText) && Array.isArray(roles) && roles.every(isText);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface ErrorBody extends ErrorFacts {
  readonly code: ServiceErrorCode;
  readonly message: string;
}

/** The service's error; or `unexpected_answer` if the body is not one. */
function readError(body: unknown, { ok, status, url, headers }: Response): FlexAuthError {
  const { code: name, message, details, upstream } = fieldsOf<ErrorBody>(body);
  const code = SERVICE_CODES.find((known) => known === name);
  if (ok || code === undefined || !isText(message)) {
    const advice = 'Check that "service" is the origin of the service, and that no proxy responds instead.';
    return new FlexAuthError('unexpected_answer', `Unexpected response from ${url} (${status}). ${advice}`, { status });
  }
  return new FlexAuthError(code, message, {
    status,
    details: isDetails(details) ? details : undefined,
    upstream: isUpstream(upstream) ? upstream : undefined,
    retryAfterSeconds: secondsUntil(headers.get('Retry-After')),
  });
}

const isDetails = (value: unknown): value is FieldFault[] =>
  Array.isArray(value) &&
  value.every((item) => {
    const { field, message } = fieldsOf<FieldFault>(item);
    return isText(field) && isText(message);
  });

const isUpstream = (value: unknown): value is UpstreamFault =>
  typeof fieldsOf<UpstreamFault>(value).status === 'number';

/** @param retryAfter seconds, or an HTTP date */
function secondsUntil(retryAfter: string | null): number | undefined {
  if (retryAfter === null) return undefined;
  const seconds = /^\d+$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - serverNow()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, Math.ceil(seconds));
}

function unreachable(origin: string, cause: unknown): FlexAuthError {
  const page = globalThis.location?.origin ?? 'its origin';
  const advice = `Check the network. If other clients reach the service, add ${page} to its ALLOWED_ORIGINS and deploy it again.`;
  return new FlexAuthError('network_error', `No readable response from ${origin}. ${advice}`, { cause });
}

function closed(origin: string): FlexAuthError {
  const listing = `If it said that this site may not receive the session, add ${window.origin} to the ALLOWED_ORIGINS of ${origin}.`;
  const cutOff = 'If it is still open, your identity provider isolates it from this page, and signIn() cannot be used.';
  return new FlexAuthError('popup_closed', `The sign-in window was closed. Try again. ${listing} ${cutOff}`);
}

function refused(reason: unknown, message: unknown): FlexAuthError {
  const sentence = isText(message) ? message : 'The sign-in failed. Try again.';
  return new FlexAuthError('sign_in_refused', sentence, { reason: isText(reason) ? reason : undefined });
}

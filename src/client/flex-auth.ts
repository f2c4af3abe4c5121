/** The client of this service's Functions and of its sign-in page, for browsers: one file that imports nothing. */

const SERVICE_CODES = [
  ...(['invalid_request', 'missing_credentials', 'invalid_token', 'invalid_key', 'forbidden'] as const),
  ...(['user_not_found', 'user_deactivated', 'rate_limited', 'misconfigured', 'internal_error'] as const),
  ...(['upstream_error', 'upstream_timeout'] as const),
];

/** What the service answers. `missing_credentials` and `invalid_token` are also given for a token that cannot even be sent. */
export type ServiceErrorCode = (typeof SERVICE_CODES)[number];

/**
 * - `network_error`: no answer, or none that this page may read; the browser does not say which
 * - `timeout`: no answer in time
 * - `unexpected_answer`: something that the service does not document, such as the HTML of a proxy
 * - `sign_in_refused`: the sign-in page said why, in `message` and, as a short name, in `reason`
 */
export type FlexAuthErrorCode =
  | ServiceErrorCode
  | ('network_error' | 'timeout' | 'unexpected_answer')
  | ('popup_blocked' | 'popup_closed' | 'sign_in_refused' | 'sign_in_timeout');

interface Circumstances {
  /** The HTTP status, where there was an answer. */
  readonly status?: number | undefined;
  /** The fields at fault. */
  readonly details?: readonly { readonly field: string; readonly message: string }[] | undefined;
  /** What Twilio answered, where Twilio said no. */
  readonly upstream?: { readonly status: number; readonly code?: number; readonly request_id?: string } | undefined;
  /** How long to wait before the next try, where Twilio said so. */
  readonly retryAfterSeconds?: number | undefined;
  /** The sign-in page's name for the failure: `denied`, `untrusted`, `unreachable` and others. */
  readonly reason?: string | undefined;
}

/** Why a call or a sign-in failed. `message` says what to do next, and holds no token. */
export class FlexAuthError extends Error {
  override readonly name: string = 'FlexAuthError';
  readonly code: FlexAuthErrorCode;
  readonly status: Circumstances['status'];
  readonly details: Circumstances['details'];
  readonly upstream: Circumstances['upstream'];
  readonly retryAfterSeconds: Circumstances['retryAfterSeconds'];
  readonly reason: Circumstances['reason'];

  constructor(code: FlexAuthErrorCode, message: string, circumstances: Circumstances = {}) {
    super(message);
    this.code = code;
    this.status = circumstances.status;
    this.details = circumstances.details;
    this.upstream = circumstances.upstream;
    this.retryAfterSeconds = circumstances.retryAfterSeconds;
    this.reason = circumstances.reason;
  }
}

export type FlexRole = 'agent' | 'supervisor' | 'admin';

/** A user as Twilio answers it. A user that was looked up by name has `worker_sid`, any other has `worker`. */
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
  /** A secret: what `createClient` of the Flex SDK takes. */
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

/** The session that the sign-in page hands over. Its tokens are secrets. */
export interface FlexSession {
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** ISO 8601. */
  readonly expiresAt: string;
  readonly identity: string;
  /** The name as the person knows it, where there is one. */
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

/** With neither field, the caller's own user. */
export type NamedUserOrOneself = NamedUser | { readonly username?: never; readonly flex_user_sid?: never };

export interface CallOptions {
  /** Calls it off: the promise is rejected with the signal's reason, as that of `fetch` is. */
  readonly signal?: AbortSignal | undefined;
}

export interface FlexAuthOptions {
  /** The origin of the deployed service, such as `https://flex-auth-1234.twil.io`. */
  readonly service: string;
  /** Gives the Flex token of this moment. It is asked at each call, since Flex renews its token during the day. */
  readonly token: () => string | undefined | Promise<string | undefined>;
  /** For one call, getting the token included: 12 s where left out, since the service answers within 9 s. */
  readonly timeLimitMs?: number;
}

/** Every promise may be rejected: with a {@link FlexAuthError}, with what `token` threw, or with the signal's reason. */
export interface FlexAuth {
  lookup(user?: NamedUserOrOneself, options?: CallOptions): Promise<FlexUser>;
  /** `ttl` is in whole seconds; where it is left out, it is an hour, or the service's `MAX_TOKEN_TTL` where that is less. */
  mint(request?: NamedUserOrOneself & { readonly ttl?: number }, options?: CallOptions): Promise<MintedToken>;
  provision(user: NewUser, options?: CallOptions): Promise<FlexUser>;
  deprovision(user: NamedUser, options?: CallOptions): Promise<void>;
}

/** @throws {TypeError} where `service` is no origin, or one that a token would travel to in clear */
export function createFlexAuth({ service, token, timeLimitMs = 12_000 }: FlexAuthOptions): FlexAuth {
  const origin = parseService(service);
  const tooLate = () => new FlexAuthError('timeout', `No answer came within ${timeLimitMs / 1000} s. Try again.`);

  async function ask<Answer>(path: string, fields: object, isAnswer: Guard<Answer>, signal: AbortSignal) {
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${checkToken(await token())}` };
    const request = { method: 'POST', headers, body: JSON.stringify(fields), signal };
    const { response, text } = await fetch(origin + path, request)
      .then(async (response) => ({ response, text: await response.text() }))
      .catch(() => {
        throw unreachable(origin);
      });
    const body = parseJson(text);
    if (isAnswer(body, response)) return body;
    throw readError(body, response);
  }

  function call<Answer>(path: string, fields: object, isAnswer: Guard<Answer>, { signal }: CallOptions = {}) {
    return underway<Answer>(timeLimitMs, tooLate, signal, (resolve, reject) => {
      const ending = new AbortController();
      ask(path, fields, isAnswer, ending.signal).then(resolve, reject);
      return () => ending.abort();
    });
  }

  return {
    lookup: (user = {}, options) => call('/lookup', user, isUser, options),
    mint: (request = {}, options) => call('/mint', request, isMintedToken, options),
    provision: (user, options) => call('/provision', user, isUser, options),
    deprovision: (user, options) => call('/deprovision', user, isNothing, options),
  };
}

export interface SignInOptions extends CallOptions {
  /** The origin of the deployed service, which lists the origin of this page in its `ALLOWED_ORIGINS`. */
  readonly service: string;
  /** 10 minutes where left out: for so long the sign-in page waits for the identity provider. */
  readonly timeLimitMs?: number;
}

/**
 * Opens the sign-in page in a window of its own. To be called in a click handler, before anything is awaited there, or the
 * browser blocks the window. However it ends, the window is closed.
 *
 * An identity provider that sends `Cross-Origin-Opener-Policy: same-origin` (or a page of yours that does) cuts the window off
 * for good: no session can come from it any more, and to this page it looks closed, which is what it is then taken for.
 *
 * @throws {FlexAuthError} `popup_blocked`, `popup_closed`, `sign_in_refused` or `sign_in_timeout`; or the signal's reason
 * @throws {TypeError} as {@link createFlexAuth} does
 */
export function signIn({ service, timeLimitMs = 600_000, signal }: SignInOptions): Promise<FlexSession> {
  const tooLate = () => new FlexAuthError('sign_in_timeout', 'Nobody signed in for too long. Sign in again.');
  return underway<FlexSession>(timeLimitMs, tooLate, signal, (resolve, reject) => {
    const origin = parseService(service);
    const query = new URLSearchParams({ mode: 'popup', origin: window.origin });
    const popup = window.open(`${origin}/login.html?${query}`, 'flex-auth', 'popup,width=480,height=640');
    if (!popup || popup.closed) {
      throw new FlexAuthError('popup_blocked', 'The browser blocked the sign-in window. Allow pop-ups, and try again.');
    }
    popup.focus();

    const receive = ({ origin: sender, source, data }: MessageEvent<unknown>) => {
      if (sender !== origin || source !== popup || !isRecord(data)) return;
      if (data.type === 'flex-auth:session' && isSession(data.session)) resolve(data.session);
      if (data.type === 'flex-auth:refused') reject(readRefusal(data));
    };
    let looksAtItClosed = 0;
    const watch = setInterval(() => {
      looksAtItClosed += popup.closed ? 1 : 0;
      // Not at the first look: a session may be on its way from a window that has just closed itself.
      if (looksAtItClosed > 2) reject(closed(origin));
    }, 300);
    window.addEventListener('message', receive);
    return () => {
      window.removeEventListener('message', receive);
      clearInterval(watch);
      popup.close();
    };
  });
}

/**
 * A promise that does not wait for ever.
 *
 * @param start runs at once, in the same task; what it returns ends whatever it started, and is called once all is settled
 */
function underway<T>(
  limitMs: number,
  tooLate: () => Error,
  signal: AbortSignal | undefined,
  start: (resolve: (value: T) => void, reject: (reason: unknown) => void) => () => void,
): Promise<T> {
  let cleanUp = () => {};
  const promise = new Promise<T>((resolve, reject) => {
    if (signal?.aborted) throw signal.reason;
    const stop = start(resolve, reject);
    const timer = setTimeout(() => reject(tooLate()), limitMs);
    const callOff = () => reject(signal?.reason);
    signal?.addEventListener('abort', callOff);
    cleanUp = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', callOff);
      stop();
    };
  });
  return promise.finally(() => cleanUp());
}

const SERVICE = /^(https:\/\/[^/?#@\\\s]+|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?)\/?$/i;

function parseService(service: string): string {
  if (SERVICE.test(service)) return new URL(service).origin;
  throw new TypeError(`service must be an origin such as https://flex-auth-1234.twil.io, and not "${service}"`);
}

/** A character that no header can hold would have `fetch` throw an error with the token in it. */
function checkToken(token: string | undefined): string {
  if (!token) throw new FlexAuthError('missing_credentials', 'There is no Flex token. Sign in, then try again.');
  if (/^[!-~]+$/.test(token)) return token;
  throw new FlexAuthError('invalid_token', 'This cannot be a Flex token: it has characters that no token has.');
}

type Guard<Answer> = (body: unknown, response: Response) => body is Answer;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const isUser = (body: unknown, { ok }: Response): body is FlexUser =>
  ok && isRecord(body) && isText(body.flex_user_sid);

const isMintedToken = (body: unknown, { ok }: Response): body is MintedToken =>
  ok && isRecord(body) && isText(body.access_token) && isRecord(body.token_info);

const isNothing = (_: unknown, { status }: Response): _ is undefined => status === 204;

const isSession = (value: unknown): value is FlexSession =>
  isRecord(value) &&
  [value.accessToken, value.expiresAt, value.identity, value.accountSid].every(isText) &&
  Array.isArray(value.roles) &&
  value.roles.every(isText);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The service's own error; or where that is not what came, an error that says so. */
function readError(body: unknown, { ok, status, url, headers }: Response): FlexAuthError {
  const { code: name, message, details, upstream } = isRecord(body) ? body : {};
  const code = SERVICE_CODES.find((known) => known === name);
  if (ok || code === undefined || !isText(message)) {
    const advice = 'Check that this is an address of the service, and that nothing else answers in its place.';
    return new FlexAuthError('unexpected_answer', `${url} answered ${status}, but not as documented. ${advice}`, {
      status,
    });
  }
  return new FlexAuthError(code, message, {
    status,
    details: isDetails(details) ? details : undefined,
    upstream: isUpstream(upstream) ? upstream : undefined,
    retryAfterSeconds: secondsUntil(headers.get('Retry-After')),
  });
}

const isDetails = (value: unknown): value is Circumstances['details'] =>
  Array.isArray(value) && value.every((item) => isRecord(item) && isText(item.field) && isText(item.message));

const isUpstream = (value: unknown): value is Circumstances['upstream'] =>
  isRecord(value) && typeof value.status === 'number';

/** @param retryAfter seconds, or an HTTP date */
function secondsUntil(retryAfter: string | null): number | undefined {
  if (retryAfter === null) return undefined;
  const seconds = /^\d+$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, Math.ceil(seconds));
}

function unreachable(origin: string): FlexAuthError {
  const page = globalThis.location?.origin ?? 'its origin';
  const advice = `Check the network. If others reach the service, this page may not read its answers: add ${page} to the service's ALLOWED_ORIGINS and deploy it again.`;
  return new FlexAuthError('network_error', `No answer of ${origin} could be read. ${advice}`);
}

function closed(origin: string): FlexAuthError {
  const listing = `If it said that this site may not receive the session, add ${window.origin} to the ALLOWED_ORIGINS of ${origin}.`;
  const cutOff =
    'If it is still open, your identity provider keeps it apart from this page, and cannot be used in this way.';
  return new FlexAuthError('popup_closed', `The sign-in window was closed. Sign in again. ${listing} ${cutOff}`);
}

function readRefusal({ reason, message }: Record<string, unknown>): FlexAuthError {
  const sentence = isText(message) ? message : 'The sign-in failed. Sign in again.';
  return new FlexAuthError('sign_in_refused', sentence, { reason: isText(reason) ? reason : undefined });
}

import { within } from './deadline';
import type { Clock, KeyValueStore, Timers } from './edges';
import { asFailure, Failure } from './failure';
import { assertAnswers, type PendingLogin } from './pending-login';
import { describeSession, millisecondsLeft, parseTokens, type Session, type Tokens } from './session';

export interface Answer {
  code: string;
  state: string | undefined;
}

/** The part of the Flex SDK that turns an answer into a session; what it gives is judged here, so it is `unknown`. */
export interface TokenSource {
  exchangeToken(options: {
    code: string;
    codeVerifier: string;
    nonce: string;
    ssoProfileSid: string;
  }): Promise<unknown>;
  refreshToken(options: { refreshToken: string; ssoProfileSid: string }): Promise<unknown>;
  validateToken(accountSid: string, token: string): Promise<unknown>;
}

export interface SessionEdges {
  sdk: TokenSource;
  storage: KeyValueStore;
  now: Clock;
  timers: Timers;
}

/**
 * Exchanges the code for tokens and asks whose they are. Neither stores the session nor creates a client.
 *
 * @param login what `takePendingLogin` gave; it is out of the store already
 * @throws {Failure} `missing`, `old`, `mismatch`, `refused`, `clock`, `unreachable` or `too-slow`
 */
export async function finishLogin(
  edges: SessionEdges,
  answer: Answer,
  login: PendingLogin | undefined,
  accountSid: string,
): Promise<Session> {
  assertAnswers(login, answer.state, edges.now);
  const { codeVerifier, nonce, ssoProfileSid } = login;
  try {
    const exchange = edges.sdk.exchangeToken({ code: answer.code, codeVerifier, nonce, ssoProfileSid });
    const tokens = parseTokens(await within(edges.timers, exchange));
    return await sessionOf(edges, tokens, accountSid, ssoProfileSid);
  } catch (error) {
    throw asFailure(error, 'refused');
  }
}

/** The session of tokens that have just been handed out. @throws {Failure} `clock` where it is over already */
export async function sessionOf(
  edges: Pick<SessionEdges, 'sdk' | 'timers' | 'now'>,
  tokens: Tokens,
  accountSid: string,
  ssoProfileSid?: string,
): Promise<Session> {
  const info = await within(edges.timers, edges.sdk.validateToken(accountSid, tokens.accessToken));
  const session = describeSession(tokens, info, accountSid, ssoProfileSid);
  // Twilio has just called the token valid, so it is this device that has the time wrong.
  if (millisecondsLeft(session, edges.now) <= 0) throw new Failure('clock');
  return session;
}

/** Where a renewal finds what it renews, and keeps what it brings. */
export interface SessionHolder {
  /** `undefined` after a sign-out. */
  current(): Session | undefined;
  keep(session: Session): void;
}

/**
 * A new session by the refresh token of an old one. The new tokens are stored before anything else is asked: the old
 * refresh token may be spent by now, and whatever fails next must not cost the session. Tokens that come late are stored too, though
 * nobody asks until when they last; so not where the session is gone by then, or a later renewal has brought its new end.
 */
export async function refreshSession(edges: SessionEdges, old: Session, holder: SessionHolder): Promise<Session> {
  if (!old.refreshToken || !old.ssoProfileSid) throw new Failure('ended');
  const { refreshToken, ssoProfileSid, accountSid } = old;
  const keep = (session: Session) => {
    const current = holder.current();
    if (current && (session.expiresAt !== old.expiresAt || current.expiresAt === old.expiresAt)) holder.keep(session);
  };
  const adopt = (raw: unknown): Tokens => {
    const tokens = { refreshToken, ...parseTokens(raw) };
    keep({ ...old, ...tokens });
    return tokens;
  };
  const step = edges.sdk.refreshToken({ refreshToken, ssoProfileSid });
  const tokens = adopt(await within(edges.timers, step, adopt));
  const renewed = await sessionOf(edges, tokens, accountSid, ssoProfileSid);
  keep(renewed);
  return renewed;
}

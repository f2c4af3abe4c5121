import type { KeyValueStore } from '../browser/store';
import { within } from '../failures/deadline';
import { Failure } from '../failures/failure';
import { createSession, type SessionTools } from './create-session';
import { parseTokens, type Session, type Tokens } from './session';
import type { Sharing } from './sharing';

export interface RefreshTools extends SessionTools {
  readonly sharing: Sharing;
  readonly sdk: SessionTools['sdk'] & {
    refreshToken(options: { refreshToken: string; ssoProfileSid: string }): Promise<unknown>;
  };
}

export interface StoredRefreshTools extends RefreshTools {
  readonly storage: KeyValueStore;
}

/** Where a refresh finds what it replaces, and keeps what it brings. */
export interface SessionHolder {
  /** `undefined` after a sign-out. */
  current(): Session | undefined;
  keep(session: Session): void;
}

/**
 * Returns a new session by the refresh token of an old one. Keeps the new tokens before it makes another request: the
 * old refresh token is spent by then, and a failure after that must not cost the session. Keeps tokens that arrive late
 * too, unless the session is gone by then, or a later refresh has brought a new expiry. If another tab has renewed the
 * session, returns what it holds.
 *
 * @throws {Failure} `not-renewed` if the session has no refresh token; `ended` if another tab has signed out; `refused`,
 * `clock` or `too-slow`
 */
export async function refreshSession(tools: RefreshTools, old: Session, holder: SessionHolder): Promise<Session> {
  if (!old.refreshToken || !old.ssoProfileSid) throw new Failure('not-renewed');
  const { refreshToken, ssoProfileSid, accountSid } = old;
  const keep = (session: Session) => {
    const current = holder.current();
    if (current && (session.expiresAt !== old.expiresAt || current.expiresAt === old.expiresAt)) holder.keep(session);
  };
  const adopt = (raw: unknown): Tokens => {
    const tokens = { refreshToken, ...parseTokens(raw) };
    // If it cannot be noted, the other tabs renew on their own.
    tools.sharing.replace(old, tokens).catch(() => {});
    keep({ ...old, ...tokens });
    return tokens;
  };
  const renewed = await tools.sharing.renewOnce(old, async () => {
    const refresh = tools.sdk.refreshToken({ refreshToken, ssoProfileSid });
    const tokens = adopt(await within(tools.timers, refresh, adopt));
    const session = await createSession(tools, tokens, accountSid, ssoProfileSid);
    keep(session);
    return session;
  });
  if (holder.current()?.accessToken !== renewed.accessToken) keep(renewed);
  return renewed;
}

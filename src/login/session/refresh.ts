import { within } from '../failures/deadline';
import { Failure } from '../failures/failure';
import { createSession, type SessionTools } from './create-session';
import { parseTokens, type Session, type Tokens } from './session';

export interface RefreshTools extends SessionTools {
  readonly sdk: SessionTools['sdk'] & {
    refreshToken(options: { refreshToken: string; ssoProfileSid: string }): Promise<unknown>;
  };
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
 * too, unless the session is gone by then, or a later refresh has brought a new expiry.
 *
 * @throws {Failure} `ended` if the session has no refresh token; `refused`, `clock` or `too-slow`
 */
export async function refreshSession(tools: RefreshTools, old: Session, holder: SessionHolder): Promise<Session> {
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
  const refresh = tools.sdk.refreshToken({ refreshToken, ssoProfileSid });
  const tokens = adopt(await within(tools.timers, refresh, adopt));
  const renewed = await createSession(tools, tokens, accountSid, ssoProfileSid);
  keep(renewed);
  return renewed;
}

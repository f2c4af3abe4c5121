import type { Session } from '../../contract/session';
import { isRecord } from '../../json';
import { isFilledString } from '../browser/store';
import type { Clock } from '../browser/time';
import { Failure } from '../failures/failure';

export type { Session };

export type Tokens = Pick<Session, 'accessToken' | 'refreshToken'>;

export function parseSession(raw: unknown): Session | undefined {
  if (!isRecord(raw)) return undefined;
  const { accessToken, refreshToken, expiresAt, identity, username, roles, accountSid, ssoProfileSid } = raw;
  if (!isFilledString(accessToken) || !isFilledString(identity) || !isFilledString(accountSid)) return undefined;
  if (!isFilledString(expiresAt) || Number.isNaN(Date.parse(expiresAt))) return undefined;
  if (!Array.isArray(roles) || !roles.every((role) => typeof role === 'string')) return undefined;
  return {
    accessToken,
    expiresAt,
    identity,
    roles,
    accountSid,
    ...(isFilledString(refreshToken) && { refreshToken }),
    ...(isFilledString(username) && { username }),
    ...(isFilledString(ssoProfileSid) && { ssoProfileSid }),
  };
}

/**
 * Parses what `exchangeToken` or `refreshToken` returned. Does not verify the tokens.
 *
 * @throws {Failure} `refused` if there is no access token
 */
export function parseTokens(raw: unknown): Tokens {
  if (!isRecord(raw) || !isFilledString(raw.accessToken)) throw new Failure('refused');
  return {
    accessToken: raw.accessToken,
    ...(isFilledString(raw.refreshToken) && { refreshToken: raw.refreshToken }),
  };
}

/**
 * Returns the session of these tokens, by what `validateToken` says about them.
 *
 * @throws {Failure} `refused` if Twilio does not say whose token it is and when it expires
 */
export function describeSession(tokens: Tokens, info: unknown, accountSid: string, ssoProfileSid?: string): Session {
  if (!isRecord(info)) throw new Failure('refused');
  // The SDK types it as a Date, but passes on the string that Twilio sent.
  const expires = new Date(info.dateExpired instanceof Date ? info.dateExpired : String(info.dateExpired));
  const session = parseSession({
    ...tokens,
    expiresAt: Number.isNaN(expires.getTime()) ? undefined : expires.toISOString(),
    identity: info.identity,
    username: info.realmUserId,
    roles: info.roles ?? [],
    accountSid: info.accountSid ?? accountSid,
    ssoProfileSid,
  });
  if (!session) throw new Failure('refused');
  return session;
}

export function millisecondsLeft(session: Session, now: Clock): number {
  return Date.parse(session.expiresAt) - now();
}

export function displayName(session: Session): string {
  return session.username ?? session.identity;
}

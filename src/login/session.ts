import { isRecord } from '../json';
import { type Clock, isFilledString, type KeyValueStore, readJson } from './edges';
import { Failure } from './failure';

const KEY = 'flex-auth:session';

export interface Tokens {
  accessToken: string;
  /** A token that was pasted has none, so its session ends with it. */
  refreshToken?: string;
}

export interface Session extends Tokens {
  /** ISO 8601. */
  expiresAt: string;
  identity: string;
  /** Twilio's `realm_user_id`: the name as the person knows it, where there is one. */
  username?: string;
  roles: string[];
  accountSid: string;
  ssoProfileSid?: string;
}

export function storeSession(store: KeyValueStore, session: Session): void {
  store.setItem(KEY, JSON.stringify(session));
}

export function readSession(store: KeyValueStore): Session | undefined {
  return parseSession(readJson(store, KEY));
}

export function removeSession(store: KeyValueStore): void {
  store.removeItem(KEY);
}

export function parseSession(raw: unknown): Session | undefined {
  if (!isRecord(raw)) return undefined;
  const { accessToken, refreshToken, expiresAt, identity, username, roles, accountSid, ssoProfileSid } = raw;
  if (!isFilledString(accessToken) || !isFilledString(identity) || !isFilledString(accountSid)) return undefined;
  if (!isFilledString(expiresAt) || Number.isNaN(Date.parse(expiresAt))) return undefined;
  if (!Array.isArray(roles) || !roles.every((role) => typeof role === 'string')) return undefined;
  return {
    ...{ accessToken, expiresAt, identity, roles, accountSid },
    ...(isFilledString(refreshToken) && { refreshToken }),
    ...(isFilledString(username) && { username }),
    ...(isFilledString(ssoProfileSid) && { ssoProfileSid }),
  };
}

/**
 * What `exchangeToken` or `refreshToken` gave. Says nothing about whether the tokens are any good.
 *
 * @throws {Failure} `refused` where there is no access token
 */
export function parseTokens(raw: unknown): Tokens {
  if (!isRecord(raw) || !isFilledString(raw.accessToken)) throw new Failure('refused');
  return {
    accessToken: raw.accessToken,
    ...(isFilledString(raw.refreshToken) && { refreshToken: raw.refreshToken }),
  };
}

/**
 * The session that these tokens make, from what `validateToken` says of them.
 *
 * @throws {Failure} `refused` where Twilio does not say whose token it is and until when
 */
export function describeSession(tokens: Tokens, info: unknown, accountSid: string, ssoProfileSid?: string): Session {
  if (!isRecord(info)) throw new Failure('refused');
  // The SDK types it as a Date, and hands on the string that Twilio sent.
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

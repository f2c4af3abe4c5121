import { isRecord } from '../json';
import { type Clock, isFilledString, type KeyValueStore, readJson } from './edges';
import { Failure } from './failure';

const KEY = 'flex-auth:login';
const MAX_AGE_MS = 10 * 60_000;

/** Where the session goes after the sign-in, besides staying on this page. */
export interface Intent {
  returnTo?: string;
  popupOrigin?: string;
}

/** One sign-in under way: what binds the answer to this browser, and what to do with it. */
export interface PendingLogin extends Intent {
  loginUrl: string;
  nonce: string;
  codeChallenge: string;
  codeVerifier: string;
  state: string;
  clientId: string;
  ssoProfileSid: string;
  /** Milliseconds since 1970. */
  startedAt: number;
}

const STRINGS = ['loginUrl', 'nonce', 'codeChallenge', 'codeVerifier', 'state', 'clientId', 'ssoProfileSid'] as const;

export function storePendingLogin(store: KeyValueStore, login: PendingLogin): void {
  store.setItem(KEY, JSON.stringify(login));
}

/** Takes the pending login out of the store: it is gone before anybody judges the answer, so it can be used once only. */
export function takePendingLogin(store: KeyValueStore): PendingLogin | undefined {
  const raw = readJson(store, KEY);
  store.removeItem(KEY);
  return parsePendingLogin(raw);
}

export function parsePendingLogin(raw: unknown): PendingLogin | undefined {
  if (!isRecord(raw) || typeof raw.startedAt !== 'number') return undefined;
  const [loginUrl, nonce, codeChallenge, codeVerifier, state, clientId, ssoProfileSid] = STRINGS.map((key) => raw[key]);
  if (!isFilledString(loginUrl) || !isFilledString(nonce) || !isFilledString(codeChallenge)) return undefined;
  if (!isFilledString(codeVerifier) || !isFilledString(state)) return undefined;
  if (!isFilledString(clientId) || !isFilledString(ssoProfileSid)) return undefined;
  return {
    ...{ loginUrl, nonce, codeChallenge, codeVerifier, state, clientId, ssoProfileSid, startedAt: raw.startedAt },
    ...(isFilledString(raw.returnTo) && { returnTo: raw.returnTo }),
    ...(isFilledString(raw.popupOrigin) && { popupOrigin: raw.popupOrigin }),
  };
}

/** What a sign-in was for, so that another try is for the same. */
export function intentOf({ returnTo, popupOrigin }: Intent = {}): Intent {
  return { ...(returnTo !== undefined && { returnTo }), ...(popupOrigin !== undefined && { popupOrigin }) };
}

/**
 * Does the answer belong to this pending login? `state` alone proves little (the SDK gives the same one each time);
 * that the answer is ours is proved to Twilio by verifier and nonce. It still has to be there and equal.
 *
 * @throws {Failure} `missing`, `old` or `mismatch`
 */
export function assertAnswers(
  login: PendingLogin | undefined,
  state: string | undefined,
  now: Clock,
): asserts login is PendingLogin {
  if (!login) throw new Failure('missing');
  const ageMs = now() - login.startedAt;
  // A login from the future was stored by another clock: its age is unknown, so it counts as old.
  if (!(ageMs >= 0 && ageMs <= MAX_AGE_MS)) throw new Failure('old');
  if (state !== login.state) throw new Failure('mismatch');
}

import { SESSION_STORAGE_KEYS } from '../../contract/storage-keys';
import { isRecord } from '../../json';
import { isFilledString, type KeyValueStore, readJson } from '../browser/store';
import type { Clock } from '../browser/time';
import { Failure } from '../failures/failure';
import type { Intent } from '../visit/intent';

const MAX_AGE_MS = 10 * 60_000;
/** Clocks are set while a person signs in; a login from further ahead has an unknown age. */
const MAX_AHEAD_MS = 60_000;

/** A sign-in that is under way: what binds the response to this browser, and where its session goes. */
export interface PendingLogin extends Intent {
  readonly loginUrl: string;
  readonly nonce: string;
  readonly codeChallenge: string;
  readonly codeVerifier: string;
  readonly state: string;
  readonly clientId: string;
  readonly ssoProfileSid: string;
  /** Milliseconds since 1970, by the device's clock. */
  readonly startedAt: number;
}

export function storePendingLogin(store: KeyValueStore, login: PendingLogin): void {
  store.setItem(SESSION_STORAGE_KEYS.login, JSON.stringify(login));
}

/** Removes the pending login from the store before the response is judged, so that it can be used only once. */
export function takePendingLogin(store: KeyValueStore): PendingLogin | undefined {
  const raw = readJson(store, SESSION_STORAGE_KEYS.login);
  store.removeItem(SESSION_STORAGE_KEYS.login);
  return parsePendingLogin(raw);
}

export function parsePendingLogin(raw: unknown): PendingLogin | undefined {
  if (!isRecord(raw) || typeof raw.startedAt !== 'number') return undefined;
  const { loginUrl, nonce, codeChallenge, codeVerifier, state, clientId, ssoProfileSid, startedAt } = raw;
  if (!isFilledString(loginUrl) || !isFilledString(nonce) || !isFilledString(codeChallenge)) return undefined;
  if (!isFilledString(codeVerifier) || !isFilledString(state)) return undefined;
  if (!isFilledString(clientId) || !isFilledString(ssoProfileSid)) return undefined;
  return {
    loginUrl,
    nonce,
    codeChallenge,
    codeVerifier,
    state,
    clientId,
    ssoProfileSid,
    startedAt,
    ...(isFilledString(raw.returnTo) && { returnTo: raw.returnTo }),
    ...(isFilledString(raw.popupOrigin) && { popupOrigin: raw.popupOrigin }),
  };
}

/** Returns where the session of a sign-in was to go, so that another try goes there too. */
export function intentOf({ returnTo, popupOrigin }: Intent = {}): Intent {
  return { ...(returnTo !== undefined && { returnTo }), ...(popupOrigin !== undefined && { popupOrigin }) };
}

/**
 * Returns what a visit without a response is for. A redirect to an identity provider that came back with nothing does not name the
 * site that opened this popup: the sign-in under way does.
 */
export function intentOfVisit(
  { intent, wantsToken }: { readonly intent: Intent; readonly wantsToken: boolean },
  { opener, storage, deviceNow }: { opener: unknown; storage: KeyValueStore; deviceNow: Clock },
): Intent {
  if (!opener || wantsToken || intent.returnTo || intent.popupOrigin) return intent;
  const login = parsePendingLogin(readJson(storage, SESSION_STORAGE_KEYS.login));
  const isUnderWay = login !== undefined && Math.abs(deviceNow() - login.startedAt) <= MAX_AGE_MS;
  return isUnderWay && login.popupOrigin !== undefined ? { popupOrigin: login.popupOrigin } : intent;
}

/**
 * Returns the pending login if the response belongs to it. `state` alone proves little, since the SDK gives the same one
 * each time; verifier and nonce prove to Twilio that the response is ours. `state` must still be there and equal.
 *
 * @throws {Failure} `missing`, `old`, `clock` or `mismatch`
 */
export function matchingLogin(
  login: PendingLogin | undefined,
  state: string | undefined,
  deviceNow: Clock,
): PendingLogin {
  if (!login) throw new Failure('missing');
  const ageMs = deviceNow() - login.startedAt;
  if (ageMs < -MAX_AHEAD_MS) throw new Failure('clock');
  // Negated so that NaN fails too.
  if (!(ageMs <= MAX_AGE_MS)) throw new Failure('old');
  if (state !== login.state) throw new Failure('mismatch');
  return login;
}

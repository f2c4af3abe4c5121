import { Failure } from '../failures/failure';
import type { Intent } from './intent';
import { parseOpenerOrigin } from './popup';
import { parseReturnTo } from './return-to';

/** What the page was opened for, read from its URL. */
export type Visit =
  | { readonly kind: 'plain'; readonly wantsToken: boolean; readonly intent: Intent }
  | { readonly kind: 'response'; readonly response: AuthorizationResponse }
  | { readonly kind: 'error'; readonly error: string; readonly description: string };

/** A code to exchange, as the identity provider returned it through Twilio. */
export interface AuthorizationResponse {
  readonly code: string;
  readonly state: string | undefined;
}

const RESPONSE_FIELDS = ['code', 'state', 'error', 'error_description', 'error_uri'];

/** @throws {Failure} `return-to` or `popup-origin` if the URL requests something that the page does not do */
export function readVisit(url: URL): Visit {
  const query = url.searchParams;
  const error = query.get('error');
  if (error !== null) return { kind: 'error', error, description: query.get('error_description') ?? '' };
  const code = query.get('code');
  if (code) return { kind: 'response', response: { code, state: query.get('state') ?? undefined } };
  return { kind: 'plain', wantsToken: query.get('mode') === 'token', intent: readIntent(query) };
}

function readIntent(query: URLSearchParams): Intent {
  const returnTo = onlyValue(query, 'return_to', 'return-to');
  const popupOrigin =
    query.get('mode') === 'popup' ? parseOpenerOrigin(onlyValue(query, 'origin', 'popup-origin')) : undefined;
  return {
    ...(returnTo !== undefined && { returnTo: parseReturnTo(returnTo) }),
    ...(popupOrigin !== undefined && { popupOrigin }),
  };
}

/** Refuses a repeated field: the part that checks it and the part that uses it could read different values. */
function onlyValue(query: URLSearchParams, name: string, failure: 'return-to' | 'popup-origin'): string | undefined {
  const values = query.getAll(name);
  if (values.length > 1) throw new Failure(failure);
  return values[0];
}

/** Returns the URL without what came back with the response: a code is worth a session until it is exchanged. */
export function withoutResponse(url: URL): string {
  const clean = new URL(url);
  for (const field of RESPONSE_FIELDS) clean.searchParams.delete(field);
  return clean.href;
}

/** Returns the URL that a reload opens: without a response, with the intent, which the redirect URL lacks. A reload checks it again. */
export function urlForReload(url: URL, { returnTo, popupOrigin }: Intent): string {
  const reload = new URL(withoutResponse(url));
  if (returnTo !== undefined) reload.searchParams.set('return_to', returnTo);
  if (popupOrigin !== undefined) {
    reload.searchParams.set('mode', 'popup');
    reload.searchParams.set('origin', popupOrigin);
  }
  return reload.href;
}

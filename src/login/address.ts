import { Failure } from './failure';
import type { Answer } from './finish-login';
import type { Intent } from './pending-login';
import { parseOrigin } from './popup';
import { parseReturnTo } from './return-to';

/** What the page was opened for, by its address. */
export type Visit =
  | { kind: 'answer'; answer: Answer }
  | { kind: 'refusal'; error: string; description: string }
  | { kind: 'open'; wantsToken: boolean; intent: Intent };

const ANSWER_FIELDS = ['code', 'state', 'error', 'error_description', 'error_uri'];

/** @throws {Failure} `return-to` or `popup-origin` where the address asks for what the page does not do */
export function readVisit(url: URL): Visit {
  const query = url.searchParams;
  const error = query.get('error');
  if (error !== null) return { kind: 'refusal', error, description: query.get('error_description') ?? '' };
  const code = query.get('code');
  if (code) return { kind: 'answer', answer: { code, state: query.get('state') ?? undefined } };

  const intent: Intent = {};
  // Twice the same field: whoever checks one of them may not be who uses the other.
  const returnTo = query.getAll('return_to');
  if (returnTo.length > 1) throw new Failure('return-to');
  if (returnTo[0] !== undefined) intent.returnTo = parseReturnTo(returnTo[0]);
  if (query.get('mode') === 'popup') {
    if (query.getAll('origin').length > 1) throw new Failure('popup-origin');
    intent.popupOrigin = parseOrigin(query.get('origin'));
  }
  return { kind: 'open', wantsToken: query.get('mode') === 'token', intent };
}

/** The address without what the identity provider added to it; a code is worth a session until it is exchanged. */
export function withoutAnswer(url: URL): string {
  const clean = new URL(url);
  for (const field of ANSWER_FIELDS) clean.searchParams.delete(field);
  return clean.href;
}

/** What a refusal by the identity provider or by Twilio means for the person. */
export function refusalFailure(error: string, description: string): Failure {
  const detail = description || error;
  if (error === 'access_denied') return new Failure('denied', detail);
  if (/redirect/i.test(`${error} ${description}`)) return new Failure('untrusted', detail);
  return new Failure('provider', detail);
}

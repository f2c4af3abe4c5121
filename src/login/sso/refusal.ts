import { Failure } from '../failures/failure';

/** Returns the failure for an error that came back from the identity provider or from Twilio. */
export function refusalFailure(error: string, description: string): Failure {
  const detail = description || error;
  if (error === 'access_denied') return new Failure('denied', detail);
  if (/redirect/i.test(`${error} ${description}`)) return new Failure('untrusted', detail);
  return new Failure('provider', detail);
}

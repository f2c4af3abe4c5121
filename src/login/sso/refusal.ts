import { Failure } from '../failures/failure';

/**
 * Returns the failure for an error that came back from the identity provider or from Twilio. `access_denied` with a
 * description is how identity providers report that a rule of the organization keeps this person out; a person who
 * presses "decline" comes back without one.
 */
export function refusalFailure(error: string, description: string): Failure {
  const reason = description.trim();
  if (error === 'access_denied') return reason ? new Failure('not-allowed', reason) : new Failure('denied');
  if (/redirect/i.test(`${error} ${reason}`)) return new Failure('untrusted', reason || error);
  return new Failure('provider', reason || error);
}

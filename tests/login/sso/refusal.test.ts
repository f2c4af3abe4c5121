import { refusalFailure } from '../../../src/login/sso/refusal';

it.each([
  'User is not assigned to the client application.',
  'Please verify your email before logging in.',
  'AADSTS50105: Your administrator has configured the application to block users.',
  'Access to redirect target denied by policy',
])('treats access_denied with a description as a refusal by the organization: %s', (description) => {
  expect(refusalFailure('access_denied', description)).toMatchObject({ kind: 'not-allowed', detail: description });
});

it.each(['', ' ', '\n'])('treats access_denied with the empty description %j as declined', (description) => {
  expect(refusalFailure('access_denied', description)).toMatchObject({ kind: 'denied', detail: undefined });
});

it('treats an error about the redirect URL as a URL that is not trusted', () => {
  expect(refusalFailure('invalid_request', 'Redirect URL not allowed')).toMatchObject({ kind: 'untrusted' });
});

it('treats any other error as one of the identity provider, with its description or else its code', () => {
  expect(refusalFailure('server_error', '')).toMatchObject({ kind: 'provider', detail: 'server_error' });
  expect(refusalFailure('login_required', 'No session')).toMatchObject({ kind: 'provider', detail: 'No session' });
});

import { refusalFailure } from '../../../src/login/sso/refusal';

it('tells a person who declined from an address that is not trusted, and both from other errors', () => {
  expect(refusalFailure('access_denied', 'no')).toMatchObject({ kind: 'denied', detail: 'no' });
  expect(refusalFailure('invalid_request', 'Redirect URL not allowed')).toMatchObject({ kind: 'untrusted' });
  expect(refusalFailure('server_error', '')).toMatchObject({ kind: 'provider', detail: 'server_error' });
});

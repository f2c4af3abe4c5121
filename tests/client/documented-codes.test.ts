import type { FlexAuthErrorCode, ServiceErrorCode } from '../../src/client/flex-auth';
import { namesIn, tableBelow } from '../docs/support/pages';

it('the documentation of the client lists every code that the service does not have', () => {
  type ClientErrorCode = Exclude<FlexAuthErrorCode, ServiceErrorCode>;
  const codes: Readonly<Record<ClientErrorCode, true>> = {
    network_error: true,
    timeout: true,
    unexpected_answer: true,
    popup_blocked: true,
    popup_closed: true,
    sign_in_refused: true,
    sign_in_timeout: true,
  };
  const rows = tableBelow('docs/client.md', '## Errors').map(([code]) => namesIn(code)[0]);
  expect(rows).toEqual(Object.keys(codes));
});

import * as Flex from '@twilio/flex-ui';
import { createFlexAuth } from '../../src/client/flex-auth';

export const flexAuth = createFlexAuth({
  service: 'https://YOUR-SERVICE.twil.io',
  // Read for each call, because Flex renews the token during the day. Undefined while the worker is signed out.
  token: () => Flex.Manager.getInstance().store.getState().flex.session.ssoTokenPayload?.token,
});

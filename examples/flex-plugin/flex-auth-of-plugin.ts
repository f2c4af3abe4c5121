import * as Flex from '@twilio/flex-ui';
import { createFlexAuth } from '../../src/client/flex-auth';

export const flexAuth = createFlexAuth({
  service: 'https://YOUR-SERVICE.twil.io',
  // Looked up at each call: Flex renews the token during the day, and one that was kept is refused in the evening.
  token: () => Flex.Manager.getInstance().store.getState().flex.session.ssoTokenPayload.token,
});

import { Manager } from '@twilio/flex-ui';
import { createFlexAuth } from './flex-auth';

export const flexAuth = createFlexAuth({
  service: 'https://YOUR-SERVICE.twil.io',
  // Read on every call, because Flex renews the token during the day. Undefined if the worker is signed out.
  token: () => Manager.getInstance().store.getState().flex.session.ssoTokenPayload?.token,
});

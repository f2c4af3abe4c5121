/** The only file that imports the Flex SDK. Each bundle keeps what it uses of it, and no more. */

export type { Client } from '@twilio/flex-sdk';
export {
  createClient,
  exchangeToken,
  getAuthenticationConfig,
  getLoginDetails,
  refreshToken,
  validateToken,
} from '@twilio/flex-sdk';

/** The only file that imports the Flex SDK. Each bundle keeps only what it uses of it. */

export type { Client } from '@twilio/flex-sdk';
export {
  createClient,
  exchangeToken,
  getAuthenticationConfig,
  getLoginDetails,
  refreshToken,
  validateToken,
} from '@twilio/flex-sdk';

import { endpoint } from '../api/endpoint';
import { mintRequest } from '../api/requests';
import { mintToken } from '../flex/tokens';

/** `POST /mint`: returns a Flex token for a user, by default the caller's own. */
export const handler = endpoint(mintRequest, async ({ flex, permit, input }) => {
  const { status, minted, flexUserSid } = await mintToken(flex, permit, input.ttlSeconds);
  return { status, body: minted, flexUserSid };
});

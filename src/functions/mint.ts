import { endpoint } from '../api/endpoint';
import { parseMint } from '../api/requests';
import { authorize } from '../auth/policy';
import { mintToken } from '../flex/tokens';

/** `POST /mint`: a Flex token for a user; for the caller's own where none is named. */
export const handler = endpoint({
  action: 'mint',
  parse: parseMint,
  async answer({ caller, input, flex }) {
    const permit = authorize(caller, 'mint', input.user);
    const { status, minted, flexUserSid } = await mintToken(flex, permit, input.ttlSeconds);
    return { status, body: minted, flexUserSid };
  },
});

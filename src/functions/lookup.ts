import { endpoint } from '../api/endpoint';
import { lookupRequest } from '../api/requests';
import { findUser } from '../flex/users';

/** `GET` or `POST /lookup`: returns one Flex user, by default the caller's own. */
export const handler = endpoint(lookupRequest, async ({ flex, permit }) => {
  const user = await findUser(flex, permit);
  return { status: 200, body: user, flexUserSid: user.flex_user_sid };
});

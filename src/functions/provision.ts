import { endpoint } from '../api/endpoint';
import { provisionRequest } from '../api/requests';
import { provisionUser } from '../flex/users';

/** `POST /provision`: creates or updates a Flex user and its TaskRouter worker. */
export const handler = endpoint(provisionRequest, async ({ flex, permit, input }) => {
  const { status, user } = await provisionUser(flex, permit, input.newUser);
  return { status, body: user, flexUserSid: user.flex_user_sid };
});

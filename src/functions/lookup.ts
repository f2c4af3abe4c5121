import { endpoint } from '../api/endpoint';
import { parseLookup } from '../api/requests';
import { authorize } from '../auth/policy';
import { findUser } from '../flex/users';

/** `GET` or `POST /lookup`: one Flex user; the caller's own where none is named. */
export const handler = endpoint({
  action: 'lookup',
  parse: parseLookup,
  async answer({ caller, input, flex }) {
    const permit = authorize(caller, 'lookup', input.user);
    const user = await findUser(flex, permit);
    return { status: 200, body: user, flexUserSid: user.flex_user_sid };
  },
});

import { endpoint } from '../api/endpoint';
import { parseProvision } from '../api/requests';
import { authorize } from '../auth/policy';
import { provisionUser } from '../flex/users';

/** `POST /provision`: creates or updates a Flex user and its TaskRouter worker. */
export const handler = endpoint({
  action: 'provision',
  parse: parseProvision,
  async answer({ caller, input, flex }) {
    const permit = authorize(caller, 'provision');
    const { status, user } = await provisionUser(flex, permit, input);
    return { status, body: user, flexUserSid: user.flex_user_sid };
  },
});

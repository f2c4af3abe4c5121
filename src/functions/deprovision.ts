import { endpoint } from '../api/endpoint';
import { parseDeprovision } from '../api/requests';
import { authorize } from '../auth/policy';
import { deprovisionUser } from '../flex/users';

/** `POST /deprovision`: deletes the worker and deactivates the Flex user. */
export const handler = endpoint({
  action: 'deprovision',
  parse: parseDeprovision,
  async answer({ caller, input, flex }) {
    const permit = authorize(caller, 'deprovision', input.user);
    const flexUserSid = await deprovisionUser(flex, permit);
    return { status: 204, flexUserSid };
  },
});

import { endpoint } from '../api/endpoint';
import { deprovisionRequest } from '../api/requests';
import { deprovisionUser } from '../flex/users';

/** `POST /deprovision`: deletes the worker and deactivates the Flex user. */
export const handler = endpoint(deprovisionRequest, async ({ flex, permit }) => {
  const flexUserSid = await deprovisionUser(flex, permit);
  return { status: 204, flexUserSid };
});

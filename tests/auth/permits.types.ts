import { endpoint } from '../../src/api/endpoint';
import { deprovisionRequest, lookupRequest, mintRequest, provisionRequest } from '../../src/api/requests';
import type { Caller } from '../../src/auth/caller';
import { authorize, type Permit } from '../../src/auth/policy';
import { mintToken } from '../../src/flex/tokens';
import { deprovisionUser, findUser, provisionUser } from '../../src/flex/users';
import type { FlexUsersApi } from '../../src/flex/users-api';
import type { FlexUserSid } from '../../src/settings/sids';

// Checked by `tsc`, and never run: each marked line must not compile. Without its mistake each does, as the Functions show.

declare const flex: FlexUsersApi;
declare const caller: Caller;
declare const permit: Permit<'mint'>;
declare const flexUserSid: FlexUserSid;
const someone = { by: 'flex_user_sid', flexUserSid } as const;

export const withoutPermit = [
  // @ts-expect-error a request without a permit
  () => flex.send({ path: '/Deprovision' }),
  // @ts-expect-error minting without a permit
  () => mintToken(flex, 60),
];

export const withForgedPermit = [
  // @ts-expect-error an object of the same shape
  () => flex.send({ action: 'mint', caller, user: someone }, { path: '/Deprovision' }),
  // @ts-expect-error a copy of a permit for another user
  () => mintToken(flex, { ...permit, user: someone }, 60),
  // @ts-expect-error a permit that is changed to be for another user
  () => (Object.assign(permit, {}).user = someone),
];

export const withWrongLabel = [
  endpoint(lookupRequest, async ({ flex, permit }) => {
    // @ts-expect-error a permit to look up is not one to mint
    await mintToken(flex, permit, 60);
    return { status: 200 };
  }),
  endpoint(mintRequest, async ({ flex, permit }) => {
    // @ts-expect-error a permit to mint is not one to deprovision
    await deprovisionUser(flex, permit);
    return { status: 204 };
  }),
  endpoint(provisionRequest, async ({ flex, permit }) => {
    // @ts-expect-error a permit to provision names no user to look up
    await findUser(flex, permit);
    return { status: 200 };
  }),
  endpoint(deprovisionRequest, async ({ flex, permit, input }) => {
    // @ts-expect-error a request to deprovision holds no new user, and its permit is not one to provision
    await provisionUser(flex, permit, input.newUser);
    return { status: 200 };
  }),
  // @ts-expect-error another action over the fields of a new user
  endpoint({ action: 'mint', parse: provisionRequest.parse }, async () => ({ status: 200 })),
  // @ts-expect-error an action that is not in the policy
  endpoint({ action: 'suspend', parse: lookupRequest.parse }, async () => ({ status: 200 })),
];

export const withoutSubject = [
  // @ts-expect-error the user is left out
  () => authorize(caller, 'mint'),
  // @ts-expect-error a user who exists already is not provisioned
  () => authorize(caller, 'provision', someone),
  // @ts-expect-error not one action
  () => authorize(caller, 'mint anybody', someone),
];

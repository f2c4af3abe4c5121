import { type Permit, ttlWithin } from '../auth/policy';
import { ApiError } from '../errors';
import type { FlexUserSid } from '../settings/sids';
import { documented, undocumented } from '../twilio/responses';
import { assertGranted, findGrantedUser, isProviderPermit } from './granted-user';
import { MintedTokenSchema } from './shapes';
import { findActiveUser, whyNotFound } from './users';
import type { FlexUsersApi } from './users-api';

/**
 * Mints a Flex token for the user that the permit is for.
 *
 * Reads the record first, except if callers mint for themselves: their new token can do no more, and lasts no longer, than the one
 * they have.
 *
 * @param ttlSeconds requested lifetime, at least 1; cut to what the caller's token has left when the request is made
 * @returns Twilio's status, its body unchanged (a secret: do not log or store it), and the SID of the user
 * @throws {ApiError} `user_not_found`, `user_deactivated`, `invalid_token` if the caller's token has expired in the meantime, or as
 *   {@link FlexUsersApi.send} does
 * @see https://www.twilio.com/docs/flex/developer/user-management/flex-token-api
 */
export async function mintToken(flex: FlexUsersApi, permit: Permit<'mint'>, ttlSeconds: number) {
  const flexUserSid = await findSid(flex, permit);
  const minting = flex.send(permit, {
    path: `/${flexUserSid}/Tokens`,
    body: () => ({ ttl: ttlWithin(permit, ttlSeconds) }),
    whyRefused: whyNotFound,
  });
  const response = await minting.catch(async (refusal: unknown) => {
    throw isForbidden(refusal) ? ((await whyNoToken(flex, permit)) ?? refusal) : refusal;
  });
  const minted = documented(MintedTokenSchema, response, 'Tokens');
  if ((minted.token_info.flex_user_sid ?? flexUserSid) !== flexUserSid)
    throw undocumented(response, 'Tokens: another user');
  if (isProviderPermit(permit)) assertGranted(permit, minted.token_info, response, 'Tokens');
  return { status: response.status, minted, flexUserSid };
}

async function findSid(flex: FlexUsersApi, permit: Permit<'mint'>): Promise<FlexUserSid> {
  const own = ownSid(permit);
  if (own !== undefined) return own;
  const user = isProviderPermit(permit) ? await findGrantedUser(flex, permit) : await findActiveUser(flex, permit);
  return user.flex_user_sid;
}

const ownSid = ({ caller, user }: Permit<'mint'>): FlexUserSid | undefined =>
  caller.kind === 'flex-user' && user.by === 'flex_user_sid' ? user.flexUserSid : undefined;

/** Twilio responds 403 for a deactivated user, and if the service's credentials have too few rights. */
const isForbidden = (error: unknown) => error instanceof ApiError && error.options.upstream?.status === 403;

/** Returns the reason if the record shows one. A failure to read the record is ignored: the first refusal says more. */
async function whyNoToken(flex: FlexUsersApi, permit: Permit<'mint'>): Promise<ApiError | undefined> {
  try {
    await findActiveUser(flex, permit);
  } catch (error) {
    if (error instanceof ApiError && ['user_deactivated', 'user_not_found'].includes(error.code)) return error;
  }
  return undefined;
}

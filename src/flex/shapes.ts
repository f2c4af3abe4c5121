import * as v from 'valibot';
import { isRecord } from '../json';
import { type FlexUserSid, isFlexUserSid } from '../settings/sids';

// The fields of Twilio's responses that the code relies on. All others are passed on unchanged.

/** A user, as a record or as an item of the list, which may lack `deactivated`. */
export const FlexUserSchema = v.object({
  flex_user_sid: v.custom<FlexUserSid>(isFlexUserSid),
  username: v.string(),
  deactivated: v.nullish(v.boolean()),
});

export type UserRecord = v.InferOutput<typeof FlexUserSchema>;

export const ProvisionedUserSchema = v.pick(FlexUserSchema, ['flex_user_sid']);

/** Checks only the names: the other fields matter only for the user that was requested. */
export const FlexUserListSchema = v.object({ users: v.array(v.pick(FlexUserSchema, ['username'])) });

export const TokenInfoSchema = v.object({ flex_user_sid: v.nullish(v.string()) });

export const MintedTokenSchema = v.object({
  access_token: v.pipe(v.string(), v.nonEmpty()),
  // `v.object` alone accepts an array.
  token_info: v.pipe(v.custom<Record<string, unknown>>(isRecord), TokenInfoSchema),
});

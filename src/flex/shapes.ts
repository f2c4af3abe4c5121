import * as v from 'valibot';
import { type FlexUserSid, isFlexUserSid } from '../settings/sids';

// What is relied upon in Twilio's answers, and no more: the rest is passed on as it came, so new fields do no harm.

/** A user, as a record or as an item of the list. The list leaves `deactivated` out. */
export const FlexUserSchema = v.object({
  flex_user_sid: v.custom<FlexUserSid>(isFlexUserSid),
  username: v.string(),
  deactivated: v.nullish(v.boolean()),
});

export type FlexUser = v.InferOutput<typeof FlexUserSchema>;

export const ProvisionedUserSchema = v.pick(FlexUserSchema, ['flex_user_sid']);

/** Whoever stands there besides the one that was asked for is looked at no further. */
export const FlexUserListSchema = v.object({ users: v.array(v.pick(FlexUserSchema, ['username'])) });

export const MintedTokenSchema = v.object({
  access_token: v.pipe(v.string(), v.nonEmpty()),
  token_info: v.object({ flex_user_sid: v.nullish(v.string()) }),
});

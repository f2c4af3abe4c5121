import * as v from 'valibot';
import { parseJson } from '../json';
import { type FlexUserSid, isFlexUserSid } from '../sids';
import { undocumented } from '../twilio/answer';
import type { TwilioAnswer } from '../twilio/call';

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

/**
 * Takes the JSON of an answer for what it is documented to be.
 *
 * @returns the JSON itself, with all that Twilio put into it
 * @throws {ApiError} `upstream_error` where it is something else
 */
export function documented<const Schema extends v.GenericSchema>(
  schema: Schema,
  answer: TwilioAnswer,
  what: string,
): v.InferInput<Schema> {
  const json = parseJson(answer.text);
  if (!v.is(schema, json)) throw undocumented(answer, `${what}: not of the documented shape`);
  return json;
}

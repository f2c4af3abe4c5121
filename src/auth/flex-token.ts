import * as v from 'valibot';
import { ApiError } from '../errors';
import { isRecord, parseJson } from '../json';
import type { Settings } from '../settings/settings';
import { isFlexInstanceSid, isFlexUserSid } from '../settings/sids';
import { findFlexInstanceSid } from '../twilio/flex-instance';
import { credentialsRefused, refusalOf, twilioFailing, undocumented } from '../twilio/responses';
import type { UpstreamCall } from '../upstream/call';
import type { UpstreamResponse } from '../upstream/response';

/** Twilio leaves a field out, or gives null, where it has nothing to say. An empty string says nothing either. */
const absent = <T extends v.GenericSchema>(schema: T) =>
  v.nullish(
    v.pipe(
      v.unknown(),
      v.transform((value) => (value === '' ? undefined : value)),
      v.optional(schema),
    ),
    () => undefined,
  );

const TimestampSchema = v.pipe(v.string(), v.isoTimestamp());

/** A time without a zone is in UTC, as all of Twilio's are: `Date.parse` would take it for local time. */
const withZone = (time: string) => [time, `${time}Z`].find((text) => v.is(TimestampSchema, text));

const ValidTokenSchema = v.object({
  valid: v.literal(true),
  roles: v.nullish(v.array(v.string()), []),
  flex_user_sid: absent(v.pipe(v.string(), v.guard(isFlexUserSid))),
  flex_instance_sid: absent(v.pipe(v.string(), v.guard(isFlexInstanceSid))),
  realm_user_id: absent(v.string()),
  expiration: absent(v.pipe(v.string(), v.transform(withZone), v.string(), v.transform(Date.parse), v.finite())),
});

/**
 * Asks Twilio whether a Flex token is valid, through `twilio-flex-token-validator`.
 *
 * The validator rejects with a plain string, alike for a bad token and for every kind of trouble on the way. So its verdict
 * is only one half here; the other is what Twilio answered. A token counts where both say so, is invalid where Twilio says
 * that, and in every other case could not be looked at.
 *
 * @returns what Twilio says of its user; `undefined` for what it does not say. A guest's token is valid too.
 * @throws {ApiError} `invalid_token`: not valid, expired, or of another Flex instance
 * @throws {ApiError} `upstream_error`, `upstream_timeout`: it could not be found out
 */
export async function validateFlexToken(token: string, settings: Settings, call: UpstreamCall) {
  // Loaded only where a Flex token is shown: it brings Node's `https`, which a backend key does without.
  const { runValidator } = await import('./validator');
  const { accepted, response } = await runValidator(token, settings, call);
  const body = parseJson(response.text);
  if (!accepted || response.status !== 200) throw whyNotAccepted(response, body);

  const parsed = v.safeParse(ValidTokenSchema, body);
  if (!parsed.success) throw undocumented(response, 'Tokens/validate: fields of another type');
  const { roles, flex_user_sid, flex_instance_sid, realm_user_id, expiration } = parsed.output;

  if (expiration !== undefined && expiration <= Date.now()) throw invalidToken('expired');
  // An account has one Flex instance, and Twilio has just said that the token is this account's; so a token that does not
  // name its instance passes, and one that names another does not.
  if (flex_instance_sid !== undefined && flex_instance_sid !== (await findOwnInstance(settings, call))) {
    throw invalidToken('of another Flex instance');
  }
  return { roles, flexUserSid: flex_user_sid, username: realm_user_id, expiresAtMs: expiration };
}

/** It is a part of validating a token here: that Twilio is asked too often is its trouble then, not the caller's. */
async function findOwnInstance(settings: Settings, call: UpstreamCall): Promise<string> {
  return findFlexInstanceSid(settings, call).catch((error: unknown) => {
    const isTooOften = error instanceof ApiError && error.code === 'rate_limited';
    throw isTooOften ? new ApiError('upstream_error', error.message, error.options) : error;
  });
}

export const invalidToken = (reason: string) =>
  new ApiError(
    'invalid_token',
    'This Flex token is not valid any more, or not for this account. Sign in again and send the new token.',
    {
      reason,
    },
  );

function whyNotAccepted(response: UpstreamResponse, body: unknown): ApiError {
  const { status } = response;
  const isTransient = status === 429 || status >= 500;
  if (isTransient) return twilioFailing(response);
  if (isRecord(body) && body.valid === false) return invalidToken('Twilio says that it is not valid');
  if (status === 401 || status === 403) return credentialsRefused(response);
  // The token is all in the request that a caller has a hand in, so where the request is wrong, the token is.
  if (status === 400 && refusalOf(response).code !== undefined) return invalidToken('Twilio cannot read it');
  return undocumented(response, 'Tokens/validate');
}

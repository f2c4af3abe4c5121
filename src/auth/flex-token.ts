import * as v from 'valibot';
import { ApiError } from '../errors';
import { isRecord, parseJson } from '../json';
import type { Settings } from '../settings/settings';
import { isFlexInstanceSid, isFlexUserSid } from '../settings/sids';
import { findFlexInstanceSid } from '../twilio/flex-instance';
import { credentialsRefused, refusalOf, twilioFailing, undocumented } from '../twilio/responses';
import type { UpstreamCall } from '../upstream/call';
import type { UpstreamResponse } from '../upstream/response';

/** Accepts a field that is missing, null or empty, which all mean that Twilio has no value for it. */
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

/** Adds the zone to a time without one. Twilio's times are in UTC, but `Date.parse` would read it as local time. */
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
 * Validates a Flex token at Twilio, through `twilio-flex-token-validator`.
 *
 * The validator rejects with the same plain string for a bad token and for every failure on the way. So its verdict is only one half,
 * and Twilio's response is the other. A token is valid if both say so, and invalid if Twilio says so. In every other case its
 * validity is unknown.
 *
 * @returns the user's data; `undefined` for what Twilio has no value for. A guest's token is valid too.
 * @throws {ApiError} `invalid_token` if it is invalid, expired, or of another Flex instance
 * @throws {ApiError} `upstream_error` or `upstream_timeout` if its validity is unknown
 */
export async function validateFlexToken(token: string, settings: Settings, call: UpstreamCall) {
  // Loaded only for a Flex token: it loads Node's `https`, which a backend key does not need.
  const { runValidator } = await import('./validator');
  const { accepted, response } = await runValidator(token, settings, call);
  const body = parseJson(response.text);
  if (!accepted || response.status !== 200) throw whyNotAccepted(response, body);

  const parsed = v.safeParse(ValidTokenSchema, body);
  if (!parsed.success) throw undocumented(response, 'Tokens/validate: fields of another type');
  const { roles, flex_user_sid, flex_instance_sid, realm_user_id, expiration } = parsed.output;

  if ((expiration ?? Number.POSITIVE_INFINITY) <= Date.now()) throw invalidFlexToken('expired');
  // An account has one Flex instance, and the token is of this account. So a token that does not name its instance passes, and one
  // that names another does not.
  if (flex_instance_sid !== undefined && flex_instance_sid !== (await findOwnInstance(settings, call))) {
    throw invalidFlexToken('of another Flex instance');
  }
  return { roles, flexUserSid: flex_user_sid, username: realm_user_id, expiresAtMs: expiration };
}

/** Reports 429 as an upstream failure: while a token is being validated, the caller has not caused it. */
async function findOwnInstance(settings: Settings, call: UpstreamCall): Promise<string> {
  return findFlexInstanceSid(settings, call).catch((error: unknown) => {
    const isRateLimited = error instanceof ApiError && error.code === 'rate_limited';
    throw isRateLimited ? new ApiError('upstream_error', error.message, error.options) : error;
  });
}

export const invalidFlexToken = (reason: string) =>
  new ApiError(
    'invalid_token',
    'This Flex token is invalid, expired, or from another account. Sign in again and use the new token.',
    {
      reason,
    },
  );

function whyNotAccepted(response: UpstreamResponse, body: unknown): ApiError {
  const { status } = response;
  const isTransient = status === 429 || status >= 500;
  if (isTransient) return twilioFailing(response);
  if (isRecord(body) && body.valid === false) return invalidFlexToken('Twilio says that it is not valid');
  if (status === 401 || status === 403) return credentialsRefused(response);
  // The token is the only part of the request that comes from the caller, so it is the token that is malformed.
  if (status === 400 && refusalOf(response).code !== undefined) return invalidFlexToken('Twilio cannot read it');
  return undocumented(response, 'Tokens/validate');
}

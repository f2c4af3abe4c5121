import type { Action, Permit } from '../auth/policy';
import { ApiError } from '../errors';
import type { Settings } from '../settings/settings';
import { refusalOf } from '../twilio/answers';
import type { TwilioAnswer, TwilioCall } from '../twilio/call';
import { type FlexRequest, flexRequest } from '../twilio/flex-api';
import { findFlexInstanceSid } from '../twilio/flex-instance';

/** The Flex Users API (v4, public beta) of one account's Flex instance, with the credentials of this service. */
export class FlexUsersApi {
  constructor(
    private readonly settings: Settings,
    private readonly twilio: TwilioCall,
  ) {}

  /**
   * @param _permit shown for each request, so that none is made that nobody has been allowed
   * @param request `path` is what follows `/v4/Instances/{GO}/Users`
   * @returns an answer of status 2xx; its body is not looked at
   * @throws {ApiError} `invalid_request` where Twilio does not accept the values; what else {@link flexRequest} throws
   */
  async send(_permit: Permit<Action>, request: FlexRequest): Promise<TwilioAnswer> {
    const instanceSid = await findFlexInstanceSid(this.settings, this.twilio);
    return flexRequest(this.settings, this.twilio, {
      ...request,
      path: `/v4/Instances/${instanceSid}/Users${request.path}`,
      whyRefused: (answer) => request.whyRefused?.(answer) ?? whyRefused(answer),
    });
  }
}

/** Twilio's ways to say that the values of a request are at fault. */
const NOT_ACCEPTED = [400, 409, 422];

function whyRefused(answer: TwilioAnswer): ApiError | undefined {
  const upstream = refusalOf(answer);
  if (NOT_ACCEPTED.includes(answer.status)) {
    const where = upstream.code ? `: see https://www.twilio.com/docs/api/errors/${upstream.code}` : '';
    return new ApiError('invalid_request', `Twilio did not accept these values${where}.`, { upstream });
  }
  if (answer.status !== 404) return undefined;
  return new ApiError(
    'upstream_error',
    'Twilio does not know the Flex instance of this service. Whoever runs it should check FLEX_INSTANCE_SID.',
    { upstream },
  );
}

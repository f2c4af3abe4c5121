import type { Permit } from '../auth/policy';
import type { Action } from '../contract/functions';
import { ApiError } from '../errors';
import type { Settings } from '../settings/settings';
import { type FlexRequest, flexRequest } from '../twilio/flex-api';
import { findFlexInstanceSid } from '../twilio/flex-instance';
import { refusalOf } from '../twilio/responses';
import type { UpstreamCall } from '../upstream/call';
import type { UpstreamResponse } from '../upstream/response';

/** The Flex Users API (v4, public beta) of one account's Flex instance, with the credentials of this service. */
export class FlexUsersApi {
  constructor(
    private readonly settings: Settings,
    private readonly call: UpstreamCall,
  ) {}

  /**
   * @param _permit shown for each request, so that none is made that nobody has been allowed
   * @param request `path` is what follows `/v4/Instances/{GO}/Users`
   * @returns an response of status 2xx; its body is not looked at
   * @throws {ApiError} `invalid_request` where Twilio does not accept the values; what else {@link flexRequest} throws
   */
  async send(_permit: Permit<Action>, request: FlexRequest): Promise<UpstreamResponse> {
    const instanceSid = await findFlexInstanceSid(this.settings, this.call);
    return flexRequest(this.settings, this.call, {
      ...request,
      path: `/v4/Instances/${instanceSid}/Users${request.path}`,
      whyRefused: (response) => request.whyRefused?.(response) ?? whyRefused(response),
    });
  }
}

/** Twilio's ways to say that the values of a request are at fault. */
const NOT_ACCEPTED = [400, 409, 422];

function whyRefused(response: UpstreamResponse): ApiError | undefined {
  const upstream = refusalOf(response);
  if (NOT_ACCEPTED.includes(response.status)) {
    const where = upstream.code ? `: see https://www.twilio.com/docs/api/errors/${upstream.code}` : '';
    return new ApiError('invalid_request', `Twilio did not accept these values${where}.`, { upstream });
  }
  if (response.status !== 404) return undefined;
  return new ApiError(
    'upstream_error',
    'Twilio does not know the Flex instance of this service. Whoever runs it should check FLEX_INSTANCE_SID.',
    { upstream },
  );
}

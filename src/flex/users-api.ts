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
   * Sends a request to the Users API.
   *
   * @param _permit required so that no request is made without authorization
   * @param request `path` is what follows `/v4/Instances/{GO}/Users`
   * @returns a response with status 2xx, its body unchecked
   * @throws {ApiError} `invalid_request` if Twilio rejects the values; otherwise as {@link flexRequest} does
   */
  async send(_permit: Permit<Action>, request: FlexRequest): Promise<UpstreamResponse> {
    const instanceSid = await findFlexInstanceSid(this.settings, this.call);
    return flexRequest(this.settings, this.call, {
      ...request,
      path: `/v4/Instances/${instanceSid}/Users${request.path}`,
      whyRefused: (response, mayBeDone) => request.whyRefused?.(response, mayBeDone) ?? whyRefused(response),
    });
  }
}

/** Whether Twilio rejects the values of a request. */
export const isRejection = ({ status }: UpstreamResponse): boolean => [400, 409, 422].includes(status);

function whyRefused(response: UpstreamResponse): ApiError | undefined {
  const upstream = refusalOf(response);
  if (isRejection(response)) {
    const where = upstream.code ? `: see https://www.twilio.com/docs/api/errors/${upstream.code}` : '';
    return new ApiError('invalid_request', `Twilio rejected these values${where}. Correct them, then retry.`, {
      upstream,
    });
  }
  if (response.status !== 404) return undefined;
  return new ApiError(
    'upstream_error',
    'Twilio does not know the Flex instance of this service. Its operator should check FLEX_INSTANCE_SID.',
    { upstream },
  );
}

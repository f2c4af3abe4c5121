import type { Settings } from '../settings';
import type { TwilioAnswer, TwilioCall } from '../twilio/call';
import { findFlexInstanceSid } from './instance';
import { type FlexRequest, flexRequest } from './request';

/** The Flex Users API (v4, public beta) of one account's Flex instance, with the credentials of this service. */
export class FlexUsersApi {
  constructor(
    private readonly settings: Settings,
    private readonly twilio: TwilioCall,
  ) {}

  /** @param request `path` is what follows `/v4/Instances/{GO}/Users` */
  async send(request: FlexRequest): Promise<TwilioAnswer> {
    const instanceSid = await findFlexInstanceSid(this.settings, this.twilio);
    return flexRequest(this.settings, this.twilio, {
      ...request,
      path: `/v4/Instances/${instanceSid}/Users${request.path}`,
    });
  }
}

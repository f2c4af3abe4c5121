import * as v from 'valibot';
import type { Settings } from '../settings/settings';
import { type FlexInstanceSid, isFlexInstanceSid } from '../settings/sids';
import type { UpstreamCall } from '../upstream/call';
import { flexRequest } from './flex-api';
import { documented } from './responses';

const ConfigurationSchema = v.object({ flex_instance_sid: v.custom<FlexInstanceSid>(isFlexInstanceSid) });

/** Cached by account. The platform keeps a process for many calls. */
const found = new Map<string, FlexInstanceSid>();

/**
 * Returns the Flex instance of the account: the setting `FLEX_INSTANCE_SID`, or else that of `GET /v1/Configuration`, requested once.
 *
 * @throws {ApiError} `rate_limited`, `upstream_error` or `upstream_timeout`
 */
export async function findFlexInstanceSid(settings: Settings, call: UpstreamCall): Promise<FlexInstanceSid> {
  const known = settings.flexInstanceSid ?? found.get(settings.accountSid);
  if (known) return known;
  const response = await flexRequest(settings, call, { path: '/v1/Configuration' });
  const { flex_instance_sid } = documented(ConfigurationSchema, response, 'Configuration');
  found.set(settings.accountSid, flex_instance_sid);
  return flex_instance_sid;
}

import { isRecord } from '../../src/json';
import { FLEX_ROLES, type FlexRole, type Provisioning } from '../state/users';
import { InvalidParameter } from './twilio-error';

function isFlexRole(value: unknown): value is FlexRole {
  return FLEX_ROLES.some((role) => role === value);
}

function requiredText(body: Readonly<Record<string, unknown>>, field: string): string {
  const value = body[field];
  if (typeof value !== 'string' || value.length < 1 || value.length > 256) {
    throw new InvalidParameter(`Invalid parameter: ${field} must be a string of 1 to 256 characters`);
  }
  return value;
}

/**
 * Checks the body of `POST /v4/Instances/{GO}/Users/Provision` as Twilio does.
 *
 * @throws {InvalidParameter} which names the first invalid field
 * @see https://www.twilio.com/docs/flex/developer/user-management/flex-users-api "Provision a Flex user"
 */
export function parseProvisioning(body: unknown): Provisioning {
  if (!isRecord(body)) throw new InvalidParameter('The body must be a JSON object');
  const { roles, worker } = body;
  if (!Array.isArray(roles) || roles.length === 0 || !roles.every(isFlexRole)) {
    throw new InvalidParameter(`Invalid parameter: roles must be a list of one or more of ${FLEX_ROLES.join(', ')}`);
  }
  if (!isRecord(worker)) throw new InvalidParameter('Invalid parameter: worker must be an object');
  const { attributes } = worker;
  if (attributes !== undefined && !isRecord(attributes)) {
    throw new InvalidParameter('Invalid parameter: worker.attributes must be an object');
  }
  return {
    username: requiredText(body, 'username'),
    email: requiredText(body, 'email'),
    full_name: requiredText(body, 'full_name'),
    roles,
    worker: attributes === undefined ? {} : { attributes },
  };
}

/** Reads the lifetime of a new token in seconds from the body of `…/Tokens`. @throws {InvalidParameter} */
export function parseTtlSeconds(body: unknown): number {
  if (!isRecord(body)) throw new InvalidParameter('The body must be a JSON object');
  const { ttl = 3600 } = body;
  if (typeof ttl !== 'number' || !Number.isSafeInteger(ttl) || ttl < 1) {
    throw new InvalidParameter('Invalid parameter: ttl must be a whole number of seconds, at least 1');
  }
  return ttl;
}

/** Reads the user from the body of `Users/Deprovision`. @throws {InvalidParameter} */
export function parseFlexUserSid(body: unknown): string {
  const sid = isRecord(body) ? body.flex_user_sid : undefined;
  if (typeof sid !== 'string' || !/^FU[0-9a-f]{32}$/.test(sid)) {
    throw new InvalidParameter('Invalid parameter: flex_user_sid must be a Flex user SID');
  }
  return sid;
}

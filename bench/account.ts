import { hashOf } from '../src/settings/backend-key';

// Made up, and not valid anywhere: the benchmark sends nothing outside this machine.
const sid = (prefix: string, digit: string) => `${prefix}${digit.repeat(32)}`;

export const ACCOUNT_SID = sid('AC', 'a');
export const AUTH_TOKEN = 'b'.repeat(32);
export const INSTANCE_SID = sid('GO', 'c');

/** The user of the Flex token: an admin, who may do everything that a Flex token allows. */
export const CALLER = { flexUserSid: sid('FU', 'd'), username: 'admin@example.com' };

/** Two users for the admin to act on. The list names `deactivated` for the first only. */
export const USER = { flexUserSid: sid('FU', 'e'), username: 'agent@example.com' };
export const UNLISTED_STATUS_USER = { flexUserSid: sid('FU', 'f'), username: 'other@example.com' };

/** As long as a real Flex token. */
export const FLEX_TOKEN = 'e'.repeat(1200);

export const BACKEND_KEY = `fbk_bench.${'k'.repeat(43)}`;

/** The settings of the Functions. */
export const SETTINGS: Readonly<Record<string, string>> = {
  ACCOUNT_SID,
  AUTH_TOKEN,
  FLEX_INSTANCE_SID: INSTANCE_SID,
  BACKEND_KEYS: `bench:provision+lookup+mint+deprovision:${hashOf(BACKEND_KEY).toString('hex')}`,
};

export const BASIC_AUTHORIZATION = `Basic ${Buffer.from(`${ACCOUNT_SID}:${AUTH_TOKEN}`).toString('base64')}`;

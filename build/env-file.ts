import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { Variables } from '../local/twilio-run';

export const ENV_FILE = join(resolve(__dirname, '..'), '.env');

const CREDENTIALS = ['ACCOUNT_SID', 'AUTH_TOKEN', 'API_KEY', 'API_SECRET'];

/** The settings of `.env`: none where there is no such file. */
export function readEnvFile(): Variables {
  return existsSync(ENV_FILE) ? parseEnv(readFileSync(ENV_FILE, 'utf8')) : {};
}

/** Whether `.env` is meant for a real account: one of these alone is a slip, and not a wish for the sandbox. */
export const hasCredentials = (variables: Variables): boolean => CREDENTIALS.some((name) => variables[name]);

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnvText, toEnvText } from '../local/env-text';
import type { Variables } from '../local/twilio-run';

const ROOT = resolve(__dirname, '..');
export const ENV_FILE = join(ROOT, '.env');

const CREDENTIALS = ['ACCOUNT_SID', 'AUTH_TOKEN', 'API_KEY', 'API_SECRET'];

/** Twilio refuses a longer value (error 20001). */
const MAX_VALUE_BYTES = 450;
/** Twilio fails invocations whose context exceeds 3 KB (error 82006). It holds account data and the path too. */
const MAX_TOTAL_BYTES = 3000;

/** Returns the settings of `.env`: none if there is no such file. */
export function readEnvFile(): Variables {
  return readIfThere(ENV_FILE);
}

/** Returns the settings that the last build for deploying was made with: none without a build. */
export function readDeployedEnv(): Variables {
  return readIfThere(join(ROOT, 'dist/env'));
}

const readIfThere = (file: string): Variables => (existsSync(file) ? parseEnvText(readFileSync(file)) : {});

/** Whether `.env` is meant for an account: a single credential is a mistake, not a choice of the sandbox. */
export const hasCredentials = (variables: Variables): boolean => CREDENTIALS.some((name) => variables[name]);

/**
 * Returns the text of the file that Twilio's tools deploy a build's settings from. It holds secrets.
 *
 * @throws {Error} naming the setting, if Twilio would refuse it or its tools could not read it
 */
export function deployedEnvText(variables: Variables): string {
  assertDeployable(variables);
  return toEnvText(variables);
}

/** The credentials are injected by the platform, and Twilio's tools skip empty values. */
const isDeployed = ([name, value]: [string, string | undefined]) =>
  value !== undefined && value !== '' && name !== 'ACCOUNT_SID' && name !== 'AUTH_TOKEN';

function assertDeployable(variables: Variables): void {
  const deployed = Object.entries(variables).filter(isDeployed);
  const sizes = deployed.map(([name, value = '']) => ({ name, bytes: Buffer.byteLength(value) }));
  const [largest, ...others] = sizes.sort((a, b) => b.bytes - a.bytes);
  if (largest === undefined) return;
  if (largest.bytes > MAX_VALUE_BYTES) {
    throw new Error(
      `.env: ${largest.name} has ${largest.bytes} bytes, but Twilio accepts at most ${MAX_VALUE_BYTES}. Shorten it.`,
    );
  }
  const total = Buffer.byteLength(JSON.stringify(Object.fromEntries(deployed)));
  if (total <= MAX_TOTAL_BYTES) return;
  const names = [largest, ...others].slice(0, 3).map(({ name, bytes }) => `${name} (${bytes})`);
  throw new Error(
    `.env: the settings to deploy take ${total} bytes, but at most ${MAX_TOTAL_BYTES} fit (Twilio error 82006). Shorten or remove some; the largest are ${names.join(', ')}.`,
  );
}

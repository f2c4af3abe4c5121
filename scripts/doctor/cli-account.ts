import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isRecord, parseJson } from '../../src/json';
import { type Finding, failed, ok } from './finding';

/** The accounts that `twilio serverless:deploy` would mix up if they differ. */
export interface CliDeploy {
  /** The account of the last build. */
  readonly built: string | undefined;
  /** The account that the Twilio CLI uses, if it is known. */
  readonly cli: string | undefined;
}

/**
 * Returns the account that the Twilio CLI uses: that of its variables if they are complete, or else that of its active profile.
 *
 * @see https://github.com/twilio/twilio-cli-core/blob/main/src/services/config.js
 */
export function cliAccount(env: NodeJS.ProcessEnv = process.env, home = homedir()): string | undefined {
  const hasSecret = env.TWILIO_AUTH_TOKEN || (env.TWILIO_API_KEY && env.TWILIO_API_SECRET);
  if (env.TWILIO_ACCOUNT_SID && hasSecret) return env.TWILIO_ACCOUNT_SID;
  let text: string;
  try {
    text = readFileSync(join(home, '.twilio-cli/config.json'), 'utf8');
  } catch {
    return undefined;
  }
  const config = parseJson(text);
  if (!isRecord(config) || !isRecord(config.profiles)) return undefined;
  const profile = config.profiles[String(config.activeProject ?? '')];
  return isRecord(profile) && typeof profile.accountSid === 'string' ? profile.accountSid : undefined;
}

/** Checks that the Twilio CLI would deploy the build to the account that it was made for. Finds nothing if one is unknown. */
export function checkCliAccount({ cliDeploy }: { readonly cliDeploy?: CliDeploy }): readonly Finding[] {
  const { built, cli } = cliDeploy ?? {};
  if (!built || !cli) return [];
  if (built === cli) return [ok(`it uses the account of the build, ${built}.`)];
  return [
    failed(
      `it uses account ${cli}, but dist was built for ${built}. Before you run twilio serverless:deploy, run twilio profiles:use or change TWILIO_ACCOUNT_SID; or set ACCOUNT_SID in .env and build again.`,
    ),
  ];
}

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isRecord, parseJson } from '../../src/json';
import { type Finding, failed, ok } from './finding';

/** The accounts that `twilio serverless:deploy` would bring together. */
export interface CliDeploy {
  /** The account of the last build. */
  readonly built: string | undefined;
  /** The account of the Twilio CLI, as far as it is visible. */
  readonly cli: string | undefined;
}

/** Returns the account that the Twilio CLI uses: by its variable, or else by its active profile. */
export function cliAccount(env: NodeJS.ProcessEnv = process.env, home = homedir()): string | undefined {
  if (env.TWILIO_ACCOUNT_SID) return env.TWILIO_ACCOUNT_SID;
  let text: string;
  try {
    text = readFileSync(join(home, '.twilio-cli/config.json'), 'utf8');
  } catch {
    return undefined;
  }
  const config = parseJson(text);
  if (!isRecord(config) || !isRecord(config.profiles)) return undefined;
  const profile = config.profiles[env.TWILIO_PROFILE || String(config.activeProject ?? '')];
  return isRecord(profile) && typeof profile.accountSid === 'string' ? profile.accountSid : undefined;
}

/** Checks that the Twilio CLI would deploy the build to the account that it was made for. Nothing is said if one of them is unknown. */
export function checkCliAccount({ built, cli }: CliDeploy): readonly Finding[] {
  if (!built || !cli) return [];
  if (built === cli) return [ok(`Twilio CLI: it uses the account of the build, ${built}.`)];
  return [
    failed(
      `Twilio CLI: it uses the account ${cli}, but dist was built for ${built}. Before you run twilio serverless:deploy, switch its profile or TWILIO_ACCOUNT_SID, or set ACCOUNT_SID in .env and build again.`,
    ),
  ];
}

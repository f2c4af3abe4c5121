import { hasCredentials, readEnvFile } from '../../build/env-file';
import { interceptTwilio } from '../../sandbox/interception';
import { ACCOUNT_PATH } from '../../sandbox/server';
import { isRecord } from '../../src/json';
import { isLocalhost, parseOrigin } from '../../src/settings/origin';
import { readSettings, type Settings } from '../../src/settings/settings';
import { isAccountSid } from '../../src/settings/sids';
import { sandboxIn } from '../doctor/examination';
import { NoResponse, sender } from '../doctor/send';

/** Where `npm start` serves unless told otherwise. */
const DEFAULT_SERVICE = 'http://localhost:3000';

/** Everything here is on this machine. */
const LIMIT_MS = 5000;

/** The account to be changed. */
export interface TeamAccount {
  readonly settings: Settings;
  /** How it was found, as a sentence's end: `with the credentials of .env`. */
  readonly source: string;
}

/**
 * The account of `.env`, or that of a sandbox on this machine, to which all requests to Twilio are sent from then on.
 *
 * @param sandbox the origin of a sandbox, or of the service that `npm start` serves with one; it goes before `.env`
 * @throws {Error} that says what to do if there is neither
 * @throws {ApiError} `misconfigured` if the credentials are incomplete
 */
export async function findAccount(sandbox: string | undefined): Promise<TeamAccount> {
  const variables = readEnvFile();
  if (sandbox === undefined && hasCredentials(variables)) {
    return { settings: readSettings(variables), source: 'with the credentials of .env' };
  }
  const found = await findSandbox(sandbox ?? DEFAULT_SERVICE);
  if (found === undefined)
    throw new Error(
      sandbox === undefined
        ? NEITHER
        : `There is no sandbox at ${sandbox}. Start one with \`npm start\`, which prints the command.`,
    );
  interceptTwilio(found.origin);
  return {
    settings: readSettings(found.variables),
    source: `in the sandbox at ${found.origin}; nothing leaves this machine`,
  };
}

const NEITHER = `No account. Set ACCOUNT_SID and AUTH_TOKEN in .env (Console > Account Info), or use a sandbox: run \`npm start\` in another terminal,
then retry. If it does not run at ${DEFAULT_SERVICE}, add --sandbox with its URL.`;

interface RunningSandbox {
  readonly origin: string;
  readonly variables: Record<string, unknown>;
}

/** @param url of the sandbox itself, or of a service whose sign-in page uses it */
async function findSandbox(url: string): Promise<RunningSandbox | undefined> {
  const origin = parseOrigin(url);
  if (origin === undefined || !isLocalhost(new URL(origin).host)) {
    throw new Error(`--sandbox must be the URL of a sandbox on this machine, such as ${DEFAULT_SERVICE}`);
  }
  return (await readAccount(origin)) ?? (await findSandboxOfService(origin));
}

async function readAccount(origin: string): Promise<RunningSandbox | undefined> {
  const response = await tryGet(`${origin}${ACCOUNT_PATH}`);
  return response?.status === 200 && isRecord(response.json) && isAccountSid(response.json.ACCOUNT_SID)
    ? { origin, variables: response.json }
    : undefined;
}

async function findSandboxOfService(service: string): Promise<RunningSandbox | undefined> {
  const page = await tryGet(`${service}/login.html`);
  const origin = page && sandboxIn(page.text);
  return origin === undefined ? undefined : readAccount(origin);
}

async function tryGet(url: string) {
  try {
    return await sender({ fetch, now: Date.now, limitMs: LIMIT_MS })(url);
  } catch (error) {
    if (error instanceof NoResponse) return undefined;
    throw error;
  }
}

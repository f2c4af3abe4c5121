import { hasCredentials } from '../../build/env-file';
import { ApiError } from '../../src/errors';
import { isRecord } from '../../src/json';
import { readSettings } from '../../src/settings/settings';
import { isFlexInstanceSid } from '../../src/settings/sids';
import { basicAuthorization, flexApiHost } from '../../src/twilio/flex-api';
import type { Examination } from './examination';
import { type Finding, failed, notChecked, ok } from './finding';
import { errorIn } from './send';

/** Checks that the credentials of `.env` work, are those of the service's account, and lead to its Flex instance. */
export async function checkAccount({ variables, send, sandbox, configBody }: Examination): Promise<Finding> {
  if (await sandbox()) return notChecked('the service uses the sandbox, which has its own account.');
  if (!hasCredentials(variables)) {
    return notChecked(
      '.env has no credentials. To check them, set ACCOUNT_SID and AUTH_TOKEN, or API_KEY and API_SECRET too.',
    );
  }
  let settings: ReturnType<typeof readSettings>;
  try {
    settings = readSettings(variables);
  } catch (error) {
    if (error instanceof ApiError) return failed(`.env: ${error.message}`);
    throw error;
  }
  const { accountSid, flexInstanceSid } = settings;
  const response = await send(`https://${flexApiHost(settings)}/v1/Configuration`, {
    headers: { Accept: 'application/json', Authorization: basicAuthorization(settings) },
  });
  const { status, json } = response;
  // Not the message: a proxy may repeat the request in it, and the request holds the credentials.
  const code = errorIn(response)?.code;
  const numbers = typeof code === 'number' ? `${status}, code ${code}` : `${status}`;
  if (status === 401 || status === 403) {
    return failed(
      `Twilio rejects the credentials in .env (${numbers}). Check AUTH_TOKEN (Console > Account Info), or API_KEY and API_SECRET.`,
    );
  }
  const { account_sid, flex_instance_sid } = isRecord(json) ? json : {};
  if (status !== 200 || !isFlexInstanceSid(flex_instance_sid)) {
    return failed(
      `Twilio returned no Flex instance for account ${accountSid} (${numbers}). Check that Flex is set up: Console > Flex > Overview.`,
    );
  }
  if (account_sid !== accountSid) {
    return failed(
      `the credentials in .env belong to another account than ACCOUNT_SID, ${accountSid}. Fix one of them.`,
    );
  }
  const serviceAccountSid = (await configBody())?.account_sid;
  if (serviceAccountSid !== undefined && serviceAccountSid !== accountSid) {
    return failed(
      `.env names account ${accountSid}, but the service runs in ${serviceAccountSid}. Fix ACCOUNT_SID and AUTH_TOKEN in .env, or check another service.`,
    );
  }
  if (flexInstanceSid !== undefined && flexInstanceSid !== flex_instance_sid) {
    return failed(
      `FLEX_INSTANCE_SID in .env is ${flexInstanceSid}, but the account's Flex instance is ${flex_instance_sid}. Correct or remove it, then deploy or restart.`,
    );
  }
  return ok(`the credentials in .env work. The Flex instance is ${flex_instance_sid}.`);
}

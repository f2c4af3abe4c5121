import { hasCredentials } from '../../build/env-file';
import type { Variables } from '../../local/twilio-run';
import { ApiError } from '../../src/errors';
import { isRecord } from '../../src/json';
import { readSettings, type Settings } from '../../src/settings/settings';
import { isFlexInstanceSid } from '../../src/settings/sids';
import { basicAuthorization, flexApiHost } from '../../src/twilio/flex-api';
import { type Answer, ask, type Edges, errorIn } from './ask';
import { type Finding, failed, notChecked, ok } from './finding';

/**
 * The credentials of `.env` work, are those of the service's account, and lead to its Flex instance.
 *
 * @param serviceAccountSid what `/config` says, where it does
 */
export async function checkAccount(edges: Edges, variables: Variables, serviceAccountSid?: string): Promise<Finding> {
  if (!hasCredentials(variables)) {
    return notChecked(
      'The account and its Flex instance, since .env holds no credentials. Put ACCOUNT_SID and AUTH_TOKEN there, or API_KEY and API_SECRET too, to have them checked.',
    );
  }
  const settings = settingsIn(variables);
  if (settings instanceof ApiError) return failed(`.env: ${settings.message}`);

  const answer = await ask(edges, `https://${flexApiHost(settings)}/v1/Configuration`, {
    headers: { Accept: 'application/json', Authorization: basicAuthorization(settings) },
  });
  if (answer.status === 401 || answer.status === 403) {
    return failed(
      `Twilio refuses the credentials of .env (${inNumbers(answer)}). Check AUTH_TOKEN (Console > Account Info), or API_KEY and API_SECRET.`,
    );
  }
  const { account_sid, flex_instance_sid } = isRecord(answer.json) ? answer.json : {};
  if (answer.status !== 200 || !isFlexInstanceSid(flex_instance_sid)) {
    return failed(
      `Twilio names no Flex instance of the account ${settings.accountSid} (${inNumbers(answer)}). Is Flex set up there? Console > Flex > Overview.`,
    );
  }
  if (account_sid !== settings.accountSid) {
    return failed(
      `The credentials of .env are not those of its ACCOUNT_SID, ${settings.accountSid}. Mend one of them.`,
    );
  }
  if (serviceAccountSid !== undefined && serviceAccountSid !== settings.accountSid) {
    return failed(
      `.env holds the account ${settings.accountSid}, but the service is ${serviceAccountSid}’s. Mend ACCOUNT_SID and AUTH_TOKEN in .env, or ask the service that you mean.`,
    );
  }
  if (settings.flexInstanceSid !== undefined && settings.flexInstanceSid !== flex_instance_sid) {
    return failed(
      `FLEX_INSTANCE_SID in .env is ${settings.flexInstanceSid}, but the account’s Flex instance is ${flex_instance_sid}. Mend it or leave it empty, and deploy or start again.`,
    );
  }
  return ok(`The credentials of .env work, and the account’s Flex instance is discovered: ${flex_instance_sid}.`);
}

function settingsIn(variables: Variables): Settings | ApiError {
  try {
    return readSettings(variables);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

/** Without its words: what answers may be a proxy that repeats the request, and that holds the credentials. */
function inNumbers(answer: Answer): string {
  const code = errorIn(answer)?.code;
  return typeof code === 'number' ? `${answer.status}, code ${code}` : `${answer.status}`;
}

import { type Caller, identifyCaller } from '../auth/caller';
import { findCredential } from '../auth/credential';
import type { Action } from '../auth/policy';
import { FlexUsersApi } from '../flex/api';
import type { CallerInLog } from '../log';
import { readSettings, type Settings } from '../settings';
import { TwilioCall } from '../twilio/call';
import type { Reply } from './reply';
import { type Handler, serve } from './serve';

interface Endpoint<Input> {
  readonly action: Action;
  readonly parse: (event: unknown, settings: Settings) => Input;
  readonly answer: (request: { caller: Caller; input: Input; flex: FlexUsersApi }) => Promise<Reply>;
}

/**
 * A Function that only somebody who is known may call. In this order, and each step only after the one before: who is calling
 * (401), what they want (400), then what `answer` does: whether they may (403), and what Twilio says.
 */
export function endpoint<Input>({ action, parse, answer }: Endpoint<Input>): Handler {
  return serve(action, async ({ context, event, deadlineMs, log }) => {
    const credential = findCredential(event);
    const settings = readSettings(context);
    const twilio = new TwilioCall(deadlineMs);
    log.request_ids = twilio.requestIds;
    const caller = await identifyCaller(credential, action, settings, twilio);
    log.caller = inLog(caller);
    const input = parse(event, settings);
    return answer({ caller, input, flex: new FlexUsersApi(settings, twilio) });
  });
}

function inLog(caller: Caller): CallerInLog {
  return caller.kind === 'backend-key'
    ? { kind: 'backend-key', key: caller.name }
    : { kind: 'flex-user', ...(caller.flexUserSid !== undefined && { flex_user_sid: caller.flexUserSid }) };
}

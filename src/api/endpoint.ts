import { type Caller, identifyCaller } from '../auth/caller';
import { findCredential } from '../auth/credential';
import { type Action, requireKnownExpiration, type UserReference } from '../auth/policy';
import type { NewFlexUser } from '../flex/users';
import { FlexUsersApi } from '../flex/users-api';
import type { Reply } from '../http/reply';
import { type Handler, serve } from '../http/serve';
import type { CallerInLog } from '../log';
import { readSettings, type Settings } from '../settings/settings';
import type { FlexUserSid } from '../settings/sids';
import { UpstreamCall } from '../upstream/call';

/** Somebody to be created, or a reference to somebody who is there. */
type AboutSomebody = NewFlexUser | { readonly user: UserReference };

interface Endpoint<Input extends AboutSomebody> {
  readonly action: Action;
  readonly parse: (event: unknown, settings: Settings) => Input;
  readonly answer: (request: { caller: Caller; input: Input; flex: FlexUsersApi }) => Promise<Reply>;
}

/**
 * A Function that only somebody who is known may call. In this order, and each step only after the one before: who is calling
 * (401), what they want (400), then what `answer` does: whether they may (403), and what Twilio says.
 */
export function endpoint<Input extends AboutSomebody>({ action, parse, answer }: Endpoint<Input>): Handler {
  return serve(action, async ({ context, event, deadlineMs, log }) => {
    const credential = findCredential(event);
    const settings = readSettings(context);
    const upstream = new UpstreamCall(deadlineMs);
    log.request_ids = upstream.requestIds;
    const caller = await identifyCaller(credential, settings, upstream);
    requireKnownExpiration(caller, action);
    log.caller = inLog(caller);
    const input = parse(event, settings);
    // A refusal is worth knowing about, too.
    log.flex_user_sid = sidNamedIn(input);
    return answer({ caller, input, flex: new FlexUsersApi(settings, upstream) });
  });
}

function sidNamedIn(input: AboutSomebody): FlexUserSid | undefined {
  return 'user' in input && input.user.by === 'flex_user_sid' ? input.user.flexUserSid : undefined;
}

function inLog(caller: Caller): CallerInLog {
  return caller.kind === 'backend-key'
    ? { kind: 'backend-key', key: caller.name }
    : { kind: 'flex-user', flex_user_sid: caller.flexUserSid };
}

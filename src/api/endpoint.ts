import { type Caller, identifyCaller } from '../auth/caller';
import { findCredential } from '../auth/credential';
import { authorize, type Permit, requireKnownExpiration, type Subject, type UserReference } from '../auth/policy';
import type { Action } from '../contract/functions';
import { FlexUsersApi } from '../flex/users-api';
import type { Reply } from '../http/reply';
import { type Handler, serve } from '../http/serve';
import type { CallerInLog } from '../log';
import { readSettings, type Settings } from '../settings/settings';
import type { FlexUserSid } from '../settings/sids';
import { UpstreamCall } from '../upstream/call';

/** How to read the requests for one action. What is read says which user it is about. */
export interface RequestType<A extends Action, Input extends { readonly user: Subject<A> } = { user: Subject<A> }> {
  readonly action: A;
  /** @throws {ApiError} `invalid_request` */
  readonly parse: (event: unknown, settings: Settings) => Input;
}

interface Authorized<A extends Action, Input> {
  readonly flex: FlexUsersApi;
  /** Only for this action, and for the user that the request is about. */
  readonly permit: Permit<A>;
  readonly input: Input;
}

/**
 * Creates a Function that requires a credential. Runs the checks in this order: who is calling (401), what they request (400),
 * whether they may (403). Then calls `run` with the permit that results.
 */
export function endpoint<A extends Action, Input extends { readonly user: Subject<A> }>(
  { action, parse }: RequestType<A, Input>,
  run: (call: Authorized<A, Input>) => Promise<Reply>,
): Handler {
  return serve(action, async ({ context, event, deadlineMs, log }) => {
    const settings = readSettings(context);
    const credential = findCredential(event);
    const upstream = new UpstreamCall(deadlineMs);
    log.request_ids = upstream.requestIds;
    const caller = await identifyCaller(credential, settings, upstream);
    log.caller = inLog(caller);
    requireKnownExpiration(caller, action);
    const input = parse(event, settings);
    // Set before the authorization, so that the log of a refusal has it too.
    log.flex_user_sid = sidNamedBy(input.user);
    const permit = authorize(caller, action, input.user);
    return run({ flex: new FlexUsersApi(settings, upstream), permit, input });
  });
}

function sidNamedBy(subject: UserReference | undefined): FlexUserSid | undefined {
  return subject?.by === 'flex_user_sid' ? subject.flexUserSid : undefined;
}

const inLog = (caller: Caller): CallerInLog =>
  caller.kind === 'backend-key'
    ? { kind: caller.kind, key: caller.name }
    : { kind: caller.kind, flex_user_sid: caller.flexUserSid };

import { FLEX_ROLES, type FlexRole, type GUEST_ROLE } from '../contract/roles';
import { ApiError } from '../errors';
import type { Scope } from '../settings/backend-key';
import type { FlexUserSid } from '../settings/sids';
import type { Caller, FlexUserCaller } from './caller';
import { invalidToken } from './flex-token';

type Cell = 'yes' | 'no' | 'yes, never oneself';
type Row = Readonly<Record<FlexRole | typeof GUEST_ROLE, Cell>> & { readonly backendKey: Scope | 'no' };

/** Who may do what. A backend key needs the scope that is named; a token with no role of a column has no right at all. */
// biome-ignore format: a table is read in columns
export const POLICY = {
  //                    webchat
  provision:          { guest: 'no', agent: 'no',  supervisor: 'no',  admin: 'yes',                backendKey: 'provision' },
  'lookup own user':  { guest: 'no', agent: 'yes', supervisor: 'yes', admin: 'yes',                backendKey: 'no' },
  'lookup anybody':   { guest: 'no', agent: 'no',  supervisor: 'yes', admin: 'yes',                backendKey: 'lookup' },
  'mint own user':    { guest: 'no', agent: 'yes', supervisor: 'yes', admin: 'yes',                backendKey: 'no' },
  'mint anybody':     { guest: 'no', agent: 'no',  supervisor: 'no',  admin: 'no',                 backendKey: 'mint' },
  deprovision:        { guest: 'no', agent: 'no',  supervisor: 'no',  admin: 'yes, never oneself', backendKey: 'deprovision' },
} as const satisfies Record<string, Row>;

type Right = keyof typeof POLICY;

export type ActionOnUser = 'lookup' | 'mint' | 'deprovision';
export type Action = 'provision' | ActionOnUser;

/** A user as a request names one. */
export type NamedUser =
  | { readonly by: 'flex_user_sid'; readonly flexUserSid: FlexUserSid }
  | { readonly by: 'username'; readonly username: string };

/** Whom a request is about: `self` where it names nobody. */
export type UserReference = NamedUser | { readonly by: 'self' };

// Not exported, so that no other module can make a permit.
declare const proof: unique symbol;

/**
 * The proof that somebody may do something to somebody. Every request to the Flex Users API demands one, and what is done to a
 * user takes the user from it, so that a Function which forgets to ask, or asks for one user and acts on another, does not compile.
 */
export interface Permit<A extends Action> {
  readonly [proof]: A;
  readonly caller: Caller;
  readonly user: A extends 'provision' ? undefined : NamedUser;
}

/**
 * Refuses to mint with a token of unknown expiration: the minted token must not outlive it. This is a fault of the credential, so
 * it is checked before the fields of the request.
 *
 * @throws {ApiError} `invalid_token`
 */
export function requireKnownExpiration(caller: Caller, action: Action): void {
  if (action === 'mint' && caller.kind === 'flex-user' && caller.expiresAtMs === undefined) {
    throw invalidToken('of unknown expiration');
  }
}

/**
 * Decides whether `caller` may do `action`, by {@link POLICY} alone: nobody is looked up for it.
 *
 * @throws {ApiError} `forbidden`
 */
export function authorize(caller: Caller, action: 'provision'): Permit<'provision'>;
export function authorize<A extends ActionOnUser>(caller: Caller, action: A, reference: UserReference): Permit<A>;
export function authorize(caller: Caller, action: Action, reference?: UserReference): Permit<Action> {
  const right = rightFor(caller, action, reference);
  if (!grants(caller, right)) throw forbidden(caller, right);
  const user = reference && nameUser(caller, action, reference);
  // The one place where a permit is made.
  return { caller, user } as Permit<Action>;
}

/**
 * Refuses to let an admin deprovision their own user, however the request names it: it is decided on the user that was found.
 *
 * @throws {ApiError} `forbidden`, also where the caller's token does not say who they are
 */
export function refuseOneself(
  { caller }: Permit<'deprovision'>,
  found: { flex_user_sid: string; username: string },
): void {
  if (caller.kind === 'backend-key') return;
  const isOneself = isSame(found.flex_user_sid, caller.flexUserSid) || isSame(found.username, caller.username);
  const isNobodyKnown = caller.flexUserSid === undefined && caller.username === undefined;
  if (isOneself || isNobodyKnown) {
    throw new ApiError('forbidden', 'Nobody can deprovision their own user. Ask another admin to do it.', {
      flexUserSid: found.flex_user_sid,
    });
  }
}

/** Twilio may take a SID or a name in other letters for the same one, and give it back as it was written. */
const isSame = (found: string, own: string | undefined): boolean =>
  own !== undefined && found.normalize().toLowerCase() === own.normalize().toLowerCase();

/**
 * The lifetime that a token may be given now: what was asked for, cut to what the caller's own token still has.
 *
 * @returns whole seconds, at least 1
 * @throws {ApiError} `invalid_token` where nothing is left of the caller's token, or it is not known how much
 */
export function ttlWithin({ caller }: Permit<'mint'>, wishedSeconds: number): number {
  if (caller.kind === 'backend-key') return wishedSeconds;
  const leftSeconds = Math.floor(((caller.expiresAtMs ?? 0) - Date.now()) / 1000);
  // Not `< 1`: what is no number is no time left.
  if (!(leftSeconds >= 1)) throw invalidToken('expired');
  return Math.min(wishedSeconds, leftSeconds);
}

function rightFor(caller: Caller, action: Action, reference: UserReference | undefined): Right {
  if (action === 'provision' || action === 'deprovision') return action;
  return `${action} ${reference && isOwn(caller, reference) ? 'own user' : 'anybody'}`;
}

/** Whether a request is about the caller's own user. A backend key that names nobody is taken at its word: it has none. */
function isOwn(caller: Caller, reference: UserReference): boolean {
  if (reference.by === 'self') return true;
  if (caller.kind === 'backend-key') return false;
  return reference.by === 'flex_user_sid'
    ? reference.flexUserSid === caller.flexUserSid
    : reference.username === caller.username;
}

/**
 * The user that a permit is for. One's own token is minted by SID, which says for certain who that is, where the caller's token holds
 * one; a lookup is made as it was asked for.
 */
function nameUser(caller: Caller, action: Action, reference: UserReference): NamedUser {
  if (reference.by !== 'self' && !(action === 'mint' && isOwn(caller, reference))) return reference;
  const own = caller.kind === 'flex-user' ? ownUser(caller) : undefined;
  if (!own) throw new ApiError('forbidden', 'This token does not say whose it is. Sign in again, or name the user.');
  return own;
}

function ownUser({ flexUserSid, username }: FlexUserCaller): NamedUser | undefined {
  if (flexUserSid !== undefined) return { by: 'flex_user_sid', flexUserSid };
  return username === undefined ? undefined : { by: 'username', username };
}

function grants(caller: Caller, right: Right): boolean {
  const row: Row = POLICY[right];
  return caller.kind === 'backend-key'
    ? row.backendKey !== 'no' && caller.scopes.includes(row.backendKey)
    : caller.roles.some((role) => row[role] !== 'no');
}

function whatItTakes(right: Right): string {
  const row: Row = POLICY[right];
  const roles = FLEX_ROLES.filter((role) => row[role] !== 'no').map((role) => `the role ${role}`);
  const keys = row.backendKey === 'no' ? [] : [`a backend key with the scope ${row.backendKey}`];
  return [...roles, ...keys].join(', or ');
}

function forbidden(caller: Caller, right: Right): ApiError {
  if (caller.kind === 'flex-user') {
    return new ApiError('forbidden', `Your roles do not allow this (${right}). It takes ${whatItTakes(right)}.`);
  }
  const scope = POLICY[right].backendKey;
  return new ApiError(
    'forbidden',
    scope === 'no'
      ? 'A backend key has no user of its own: name one in username or flex_user_sid.'
      : `This backend key lacks the scope ${scope}. Make one that has it: npm run backend-key -- NAME ${scope}`,
  );
}

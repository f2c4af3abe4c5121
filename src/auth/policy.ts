import type { Action, Right } from '../contract/functions';
import { FLEX_ROLES, type FlexRole, type GUEST_ROLE } from '../contract/roles';
import { ApiError } from '../errors';
import type { FlexUserSid } from '../settings/sids';
import type { Caller, FlexUserCaller, IdentityProviderCaller } from './caller';
import { invalidFlexToken } from './flex-token';
import { invalidProviderToken } from './identity-provider/invalid-token';

type Cell = 'yes' | 'no' | 'yes, never oneself';
type Row = Readonly<Record<FlexRole | typeof GUEST_ROLE, Cell>> & {
  readonly identityProvider: 'yes' | 'no';
  readonly backendKey: Action | 'no';
};

/** Who may do what. A backend key needs the named scope. A token without any of these roles has no rights. */
// biome-ignore format: a table is read in columns
export const POLICY = {
  //                    webchat
  provision:          { guest: 'no', agent: 'no',  supervisor: 'no',  admin: 'yes',                identityProvider: 'no',  backendKey: 'provision' },
  'lookup own user':  { guest: 'no', agent: 'yes', supervisor: 'yes', admin: 'yes',                identityProvider: 'yes', backendKey: 'no' },
  'lookup anybody':   { guest: 'no', agent: 'no',  supervisor: 'yes', admin: 'yes',                identityProvider: 'no',  backendKey: 'lookup' },
  'mint own user':    { guest: 'no', agent: 'yes', supervisor: 'yes', admin: 'yes',                identityProvider: 'yes', backendKey: 'no' },
  'mint anybody':     { guest: 'no', agent: 'no',  supervisor: 'no',  admin: 'no',                 identityProvider: 'no',  backendKey: 'mint' },
  deprovision:        { guest: 'no', agent: 'no',  supervisor: 'no',  admin: 'yes, never oneself', identityProvider: 'no',  backendKey: 'deprovision' },
} as const satisfies Record<Right, Row>;

/** A user as a request identifies one. */
export type UserIdentifier =
  | { readonly by: 'flex_user_sid'; readonly flexUserSid: FlexUserSid }
  | { readonly by: 'username'; readonly username: string };

/** The user that a request is about: `self` if it names none. */
export type UserReference = UserIdentifier | { readonly by: 'self' };

/** What a request for an action refers to. A user who is still to be created cannot be referred to. */
export type Subject<A extends Action> = A extends 'provision' ? undefined : UserReference;

type PermittedUser<A extends Action> = A extends 'provision' ? undefined : UserIdentifier;

/** Not exported, so that only {@link authorize} creates one. */
class GrantedPermit<A extends Action> {
  // Only for the compiler. A field that is not public makes the type nominal: neither an object literal nor a copy with another user
  // is a permit.
  declare protected readonly action: A;

  constructor(
    readonly caller: Caller,
    readonly user: PermittedUser<A>,
  ) {}
}

/**
 * The proof that a caller may perform an action on a user. Every request to the Flex Users API requires one, and takes the user
 * from it. A Function that forgets to authorize, or that authorizes one user and acts on another, does not compile.
 */
export type Permit<A extends Action> = GrantedPermit<A>;

/**
 * Refuses to mint with a token of unknown expiration: the minted token must not outlive it. This is a fault of the credential, so
 * it is checked before the fields of the request.
 *
 * @throws {ApiError} `invalid_token`
 */
export function requireKnownExpiration(caller: Caller, action: Action): void {
  if (action === 'mint' && caller.kind === 'flex-user' && caller.expiresAtMs === undefined) {
    throw invalidFlexToken('of unknown expiration');
  }
}

/**
 * Decides by {@link POLICY} whether `caller` may perform `action`. Makes no request, so a refusal does not reveal whether the user
 * exists.
 *
 * @throws {ApiError} `forbidden`
 */
export function authorize<A extends Action>(caller: Caller, action: A, subject: Subject<A>): Permit<A> {
  if (caller.kind === 'identity-provider') refuseUnmapped(caller);
  const right = rightFor(caller, action, subject);
  if (!grants(caller, right)) throw forbidden(caller, right);
  if (action === 'deprovision' && caller.kind === 'flex-user') refuseOwnReference(caller, subject);
  const user = subject && nameUser(caller, action, subject);
  return new GrantedPermit<A>(caller, user as PermittedUser<A>);
}

/**
 * Refuses a token that its provider vouches for, but that stands for no Flex user or no Flex role.
 *
 * @throws {ApiError} `forbidden`
 */
function refuseUnmapped({ username, roles, provider }: IdentityProviderCaller): void {
  if (username === undefined) {
    const { usernameClaim } = provider;
    const fault =
      usernameClaim === 'email' ? 'missing, malformed or not verified (email_verified)' : 'missing or malformed';
    throw new ApiError(
      'forbidden',
      `This token names no Flex user: its claim "${usernameClaim}" is ${fault}. Ask your administrator to correct it.`,
    );
  }
  if (roles?.length === 0) {
    throw new ApiError(
      'forbidden',
      `This token grants no Flex role: its claim "${provider.rolesClaim}" holds no value that OIDC_ROLES lists. Ask your administrator for a role.`,
    );
  }
}

/**
 * Refuses an admin's request to deprovision themselves as far as it can be told from the request: before the lookup, so that 403
 * precedes 404.
 */
function refuseOwnReference(caller: FlexUserCaller, subject: UserReference | undefined): void {
  if (caller.flexUserSid === undefined && caller.username === undefined) {
    throw new ApiError(
      'forbidden',
      'This token does not say who you are, so it cannot be used to deprovision users. Sign in again and use the new token.',
    );
  }
  const isOneself =
    subject?.by === 'flex_user_sid'
      ? isSame(subject.flexUserSid, caller.flexUserSid)
      : subject?.by === 'username' && isSame(subject.username, caller.username);
  if (isOneself) throw deprovisionsOneself(caller.flexUserSid);
}

/**
 * Refuses to let an admin deprovision their own user, by any spelling of it: decides on the user that was found.
 *
 * @throws {ApiError} `forbidden`
 */
export function refuseOneself(
  { caller }: Permit<'deprovision'>,
  found: { readonly flex_user_sid: FlexUserSid; readonly username: string },
): void {
  const isOneself = isSame(found.flex_user_sid, caller.flexUserSid) || isSame(found.username, caller.username);
  if (isOneself) throw deprovisionsOneself(found.flex_user_sid);
}

const deprovisionsOneself = (flexUserSid: FlexUserSid | undefined) =>
  new ApiError('forbidden', 'You cannot deprovision your own user. Have another admin do it.', { flexUserSid });

/** Twilio may treat SIDs and names that differ in case or Unicode form as the same, and return the stored form. */
export const isSame = (found: string, own: string | undefined): boolean =>
  own !== undefined && found.normalize().toLowerCase() === own.normalize().toLowerCase();

/**
 * Returns the lifetime that a minted token can have now: the requested one, cut to what the caller's own token has left.
 *
 * @returns whole seconds, at least 1
 * @throws {ApiError} `invalid_token` if the caller's token has expired
 */
export function ttlWithin({ caller }: Permit<'mint'>, requestedSeconds: number): number {
  if (caller.kind === 'backend-key') return requestedSeconds;
  const leftSeconds = Math.floor(((caller.expiresAtMs ?? 0) - Date.now()) / 1000);
  // Negated so that NaN fails too.
  if (!(leftSeconds >= 1)) {
    throw caller.kind === 'identity-provider' ? invalidProviderToken('expired meanwhile') : invalidFlexToken('expired');
  }
  return Math.min(requestedSeconds, leftSeconds);
}

function rightFor(caller: Caller, action: Action, subject: UserReference | undefined): Right {
  if (action === 'provision' || action === 'deprovision') return action;
  return `${action} ${subject && isOwn(caller, subject) ? 'own user' : 'anybody'}`;
}

/** Whether a request is about the caller's own user. A request that names no user is, even with a backend key, which has none. */
function isOwn(caller: Caller, subject: UserReference): boolean {
  if (subject.by === 'self') return true;
  return subject.by === 'flex_user_sid'
    ? subject.flexUserSid === caller.flexUserSid
    : subject.username === caller.username;
}

/**
 * Returns the user that a permit is for. Minting for oneself uses the SID of the caller's token, if it has one, since a SID cannot
 * be ambiguous. A lookup uses what was requested.
 */
function nameUser(caller: Caller, action: Action, subject: UserReference): UserIdentifier {
  if (subject.by !== 'self' && !(action === 'mint' && isOwn(caller, subject))) return subject;
  const own = ownUser(caller);
  if (own) return own;
  throw new ApiError('forbidden', 'This token does not say who you are. Sign in again and use the new token.');
}

function ownUser({ flexUserSid, username }: Caller): UserIdentifier | undefined {
  if (flexUserSid !== undefined) return { by: 'flex_user_sid', flexUserSid };
  return username === undefined ? undefined : { by: 'username', username };
}

function grants(caller: Caller, right: Right): boolean {
  const row: Row = POLICY[right];
  switch (caller.kind) {
    case 'backend-key':
      return caller.scopes.some((scope) => scope === row.backendKey);
    case 'identity-provider':
      return row.identityProvider !== 'no';
    case 'flex-user':
      return caller.roles.some((role) => row[role] !== 'no');
  }
}

function requirementsFor(right: Right): string {
  const row: Row = POLICY[right];
  const roles = FLEX_ROLES.filter((role) => row[role] !== 'no').map((role) => `the ${role} role`);
  const keys = row.backendKey === 'no' ? [] : [`a backend key with the scope ${row.backendKey}`];
  return [...roles, ...keys].join(', or ');
}

function forbidden(caller: Caller, right: Right): ApiError {
  if (caller.kind === 'flex-user') {
    return new ApiError('forbidden', `Your roles do not allow "${right}". Required: ${requirementsFor(right)}.`);
  }
  if (caller.kind === 'identity-provider') {
    return new ApiError(
      'forbidden',
      `A token of your identity provider allows only lookup and mint of its own user, without flex_user_sid, not "${right}". Required for that: ${requirementsFor(right)}.`,
    );
  }
  const scope = POLICY[right].backendKey;
  return new ApiError(
    'forbidden',
    scope === 'no'
      ? 'A backend key has no user. Identify one by username or flex_user_sid.'
      : `This backend key does not have the scope ${scope}. Create one that has it: npm run backend-key -- NAME ${scope}`,
  );
}

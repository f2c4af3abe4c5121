import type { FlexRole } from './roles';

// The bodies of requests, as JSON.

export interface ProvisionRequest {
  readonly username: string;
  readonly email: string;
  readonly full_name: string;
  readonly roles: readonly FlexRole[];
  readonly worker?: { readonly attributes?: Readonly<Record<string, unknown>> };
}

/** Identifies a user by exactly one of two fields. */
export type NamedUser =
  | { readonly username: string; readonly flex_user_sid?: never }
  | { readonly flex_user_sid: string; readonly username?: never };

/** Without either field: the caller's own user. */
export type NamedUserOrOneself = NamedUser | { readonly username?: never; readonly flex_user_sid?: never };

export type LookupRequest = NamedUserOrOneself;

/** `ttl` is in whole seconds. */
export type MintRequest = NamedUserOrOneself & { readonly ttl?: number };

export type DeprovisionRequest = NamedUser;

import type { Account } from './account';
import { newSid } from './sids';

/** As Twilio names them: not those of the Functions, which are tested against the sandbox. */
export const FLEX_ROLES = ['agent', 'supervisor', 'admin'] as const;
export type FlexRole = (typeof FLEX_ROLES)[number];

/** A Flex user as the sandbox keeps it. It is never changed: an update puts another in its place. */
export interface SandboxUser {
  readonly username: string;
  readonly email: string;
  readonly full_name: string;
  readonly roles: readonly FlexRole[];
  readonly flexUserSid: string;
  /** null once the user is deactivated: Twilio deletes the worker. */
  readonly worker_sid: string | null;
  readonly worker_attributes: Readonly<Record<string, unknown>>;
  readonly deactivated: boolean;
  readonly deactivated_date: string | null;
  readonly created_date: string;
  readonly updated_date: string;
  readonly version: number;
}

/** A website visitor in a web chat: holds a valid Flex token, but is no Flex user and has no worker. */
export interface SandboxGuest {
  readonly identity: string;
  readonly roles: readonly ['guest'];
}

/** What Users/Provision sets. */
export interface Provisioning {
  username: string;
  email: string;
  full_name: string;
  roles: FlexRole[];
  worker: { attributes?: Record<string, unknown> };
}

/** Twilio's dates have no fractions of a second: `2025-03-25T15:09:41Z`. */
export function twilioDate(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

/**
 * A username as Twilio makes an identity of it: whatever is neither letter nor digit becomes `_` and its code in hex,
 * so that `first.last@example.com` is `first_2Elast_40example_2Ecom`.
 *
 * @see https://support.twilio.com/hc/en-us/articles/42799965656987 (the worker's `contact_uri`)
 */
export function identityOf(username: string): string {
  return Array.from(Buffer.from(username), (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9]/.test(character) ? character : `_${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

/** The Flex users of one account. */
export class Users {
  readonly guest: SandboxGuest = { identity: newSid(''), roles: ['guest'] };
  readonly seeds: Readonly<Record<FlexRole, SandboxUser>>;
  readonly #bySid = new Map<string, SandboxUser>();

  constructor(readonly account: Account) {
    this.seeds = {
      agent: this.#seed('agent', 'Example Agent'),
      supervisor: this.#seed('supervisor', 'Example Supervisor'),
      admin: this.#seed('admin', 'Example Admin'),
    };
    this.reset();
  }

  /** Back to the seeded users, with the SIDs they always had. */
  reset(): void {
    this.#bySid.clear();
    for (const user of Object.values(this.seeds)) this.#bySid.set(user.flexUserSid, user);
  }

  all(): SandboxUser[] {
    return [...this.#bySid.values()];
  }

  bySid(flexUserSid: string): SandboxUser | undefined {
    return this.#bySid.get(flexUserSid);
  }

  byUsername(username: string): SandboxUser | undefined {
    return this.all().find((user) => user.username === username);
  }

  /** Creates the user, or brings the one of that name up to date, back to life and to a new worker where it must. */
  provision({ worker, ...wished }: Provisioning): { user: SandboxUser; created: boolean } {
    const now = twilioDate(Date.now());
    const known = this.byUsername(wished.username);
    const user: SandboxUser = {
      ...wished,
      flexUserSid: known?.flexUserSid ?? newSid('FU'),
      worker_sid: known?.worker_sid ?? newSid('WK'),
      worker_attributes: worker.attributes ?? known?.worker_attributes ?? {},
      deactivated: false,
      deactivated_date: null,
      created_date: known?.created_date ?? now,
      updated_date: now,
      version: known === undefined ? 0 : known.version + 1,
    };
    this.#bySid.set(user.flexUserSid, user);
    return { user, created: known === undefined };
  }

  /** Deactivates the user and deletes the worker. @returns whether there is such a user */
  deprovision(flexUserSid: string): boolean {
    const user = this.bySid(flexUserSid);
    if (user === undefined) return false;
    if (user.deactivated) return true;
    const now = twilioDate(Date.now());
    this.#bySid.set(flexUserSid, {
      ...user,
      worker_sid: null,
      deactivated: true,
      deactivated_date: now,
      updated_date: now,
      version: user.version + 1,
    });
    return true;
  }

  #seed(role: FlexRole, fullName: string): SandboxUser {
    const email = `${role}@example.com`;
    const { user } = this.provision({ username: email, email, full_name: fullName, roles: [role], worker: {} });
    return user;
  }
}

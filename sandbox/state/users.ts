import type { Account } from './account';
import { newSid } from './sids';

/** Twilio's role names, repeated on purpose: the Functions are tested against the sandbox and have their own list. */
export const FLEX_ROLES = ['agent', 'supervisor', 'admin'] as const;
export type FlexRole = (typeof FLEX_ROLES)[number];

/** A Flex user. Immutable: an update replaces it. */
export interface SandboxUser {
  readonly username: string;
  readonly email: string;
  readonly full_name: string;
  readonly roles: readonly FlexRole[];
  readonly flexUserSid: string;
  /** null after the user was deactivated, because Twilio deletes the worker. */
  readonly worker_sid: string | null;
  readonly worker_attributes: Readonly<Record<string, unknown>>;
  readonly deactivated: boolean;
  readonly deactivated_date: string | null;
  readonly created_date: string;
  readonly updated_date: string;
  readonly version: number;
}

/** A website visitor in a webchat: has a valid Flex token, but no Flex user and no worker. */
export interface SandboxGuest {
  readonly identity: string;
  readonly roles: readonly ['guest'];
}

/** What `Users/Provision` sets. */
export interface Provisioning {
  username: string;
  email: string;
  full_name: string;
  roles: FlexRole[];
  worker: { attributes?: Record<string, unknown> };
}

/** How `Users/Deprovision` behaves. Twilio documents 204; 200, 202 and a record that is gone have been reported by users. */
export interface Deprovisioning {
  status: 200 | 202 | 204;
  /** What becomes of the record: it stays, deactivated, or is a 404 from then on. */
  record: 'kept' | 'gone';
  /** User names of agents with active reservations, which Twilio refuses with 400. */
  onCall: readonly string[];
}

const DOCUMENTED: Deprovisioning = { status: 204, record: 'kept', onCall: [] };

/** Formats a date as Twilio does, without fractions of a second: `2025-03-25T15:09:41Z`. */
export function twilioDate(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

/**
 * Encodes a username as Twilio does for an identity: every byte that is not a letter or digit becomes `_` and two
 * hexadecimal digits. `first.last@example.com` becomes `first_2Elast_40example_2Ecom`.
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
  deprovisioning = DOCUMENTED;

  constructor(readonly account: Account) {
    this.seeds = {
      agent: this.#seed('agent', 'Example Agent'),
      supervisor: this.#seed('supervisor', 'Example Supervisor'),
      admin: this.#seed('admin', 'Example Admin'),
    };
    this.reset();
  }

  /** Restores the initial users with their SIDs, and the documented way to deprovision. */
  reset(): void {
    this.deprovisioning = DOCUMENTED;
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

  /** Creates the user, or updates the one with that username. Reactivates it and creates a worker if necessary. */
  provision({ worker, ...fields }: Provisioning): { user: SandboxUser; created: boolean } {
    const now = twilioDate(Date.now());
    const known = this.byUsername(fields.username);
    const user: SandboxUser = {
      ...fields,
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

  /** Deactivates the user, or deletes it, and deletes the worker. @returns whether the user existed */
  deprovision(flexUserSid: string): boolean {
    const user = this.bySid(flexUserSid);
    if (user === undefined) return false;
    if (this.deprovisioning.record === 'gone') return this.#bySid.delete(flexUserSid);
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

/** Someone who can sign in at the sandbox's identity provider. */
export interface Person {
  /** `sub`: never reused, unlike an email address. */
  readonly id: string;
  readonly username: string;
  readonly full_name: string;
  /** The values of the claim `roles`. */
  readonly roles: readonly string[];
}

/** The provider's names for Flex roles, as in `OIDC_ROLES`. */
export const OIDC_ROLES = 'agent=flex-agents,supervisor=flex-supervisors,admin=flex-admins';

const person = (name: string, fullName: string, ...roles: readonly string[]): Person => ({
  id: `person-${name}`,
  username: `${name}@example.com`,
  full_name: fullName,
  roles,
});

/** The sandbox’s Flex users by their names, and two people who are not Flex users yet. One of them may become one. */
export const PEOPLE: readonly Person[] = [
  person('agent', 'Example Agent', 'flex-agents'),
  person('supervisor', 'Example Supervisor', 'flex-supervisors'),
  person('admin', 'Example Admin', 'flex-admins'),
  person('newcomer', 'Example Newcomer', 'flex-agents'),
  person('accountant', 'Example Accountant', 'accounting'),
];

export const personById = (id: string): Person | undefined => PEOPLE.find((person) => person.id === id);

export const personByUsername = (username: unknown): Person | undefined =>
  PEOPLE.find((person) => person.username === username);

/** The claims that tokens of the provider hold about a person. */
export const claimsOf = ({ username, full_name, roles }: Person) => ({
  email: username,
  email_verified: true,
  name: full_name,
  roles,
});

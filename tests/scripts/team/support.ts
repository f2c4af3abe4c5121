import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TeamMember } from '../../../scripts/team/file-content';
import { readTeam, type Team } from '../../../scripts/team/team-file';
import type { NewFlexUser } from '../../../src/flex/users';

/** A folder for team files, removed after the tests of the file that calls this. */
export function useTeamFiles(): { readonly write: (content: string | Buffer, name?: string) => string } {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'flex-team-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return {
    write: (content, name = 'team.csv') => {
      const file = join(folder, name);
      writeFileSync(file, content);
      return file;
    },
  };
}

export const user = (username: string, other: Partial<NewFlexUser> = {}): NewFlexUser => ({
  username,
  email: `${username}@example.com`,
  fullName: `Name of ${username}`,
  roles: ['agent'],
  workerAttributes: undefined,
  ...other,
});

/** Members as a file would have them, one a line. */
export const membersOf = (users: readonly NewFlexUser[]): readonly TeamMember[] =>
  users.map((user, index) => ({ line: index + 2, user }));

export const csvOf = (users: readonly NewFlexUser[]): string =>
  ['username,email,full_name,roles']
    .concat(users.map(({ username, email, fullName, roles }) => [username, email, fullName, roles.join(';')].join()))
    .join('\n');

export const usersNamed = (prefix: string, count: number): readonly NewFlexUser[] =>
  Array.from({ length: count }, (_, index) => user(`${prefix}${index + 1}`));

/** Faults as the command prints them. */
export const faultsIn = (file: string): readonly string[] =>
  readTeam(file).faults.map(({ line, column, message }) => `${line} ${column ?? '-'}: ${message}`);

export const usersIn = (team: Team): readonly NewFlexUser[] => {
  expect(team.faults).toEqual([]);
  return team.members.map((member) => member.user);
};

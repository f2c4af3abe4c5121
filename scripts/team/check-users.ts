import { provisionRequest } from '../../src/api/requests';
import { ApiError } from '../../src/errors';
import type { NewFlexUser } from '../../src/flex/users';
import { isRecord } from '../../src/json';
import type { Entry, FileFault, TeamMember } from './file-content';

/**
 * Checks each entry as `/provision` checks its body, and that no user name is in the file twice, in any case.
 *
 * @param missing fields that are not checked
 */
export function checkUsers(
  entries: readonly Entry[],
  missing: readonly string[] = [],
): { members: readonly TeamMember[]; faults: readonly FileFault[] } {
  const members: TeamMember[] = [];
  const faults: FileFault[] = [];
  const lineOf = new Map<string, number>();
  for (const { line, name, body } of entries) {
    const checked = checkBody(body);
    const fault = (field: string | undefined, message: string) =>
      faults.push({ line, column: [name, field].filter(Boolean).join(', ') || undefined, message });
    if (checked instanceof ApiError) {
      const details = checked.options.details ?? [{ field: undefined, message: checked.message }];
      for (const { field, message } of details) if (!missing.includes(field ?? '')) fault(field, message);
    } else members.push({ line, user: checked });

    const key = userKeyOf(body);
    if (key === undefined) continue;
    const earlier = lineOf.get(key);
    if (earlier === undefined) lineOf.set(key, line);
    else fault('username', `is already in line ${earlier}. Remove one of the two.`);
  }
  return { members, faults };
}

function checkBody(body: unknown): NewFlexUser | ApiError {
  if (!isRecord(body)) return new ApiError('invalid_request', 'must be an object, as the body of /provision');
  try {
    return provisionRequest.parse({ ...body, request: { headers: { 'content-type': 'application/json' } } }).newUser;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

/** Names that Twilio may take for the same one. */
function userKeyOf(body: unknown): string | undefined {
  const username = isRecord(body) ? body.username : undefined;
  return typeof username === 'string' && username !== '' ? username.normalize().toLowerCase() : undefined;
}

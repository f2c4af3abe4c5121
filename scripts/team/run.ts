import { ApiError } from '../../src/errors';
import type { FlexUsersApi } from '../../src/flex/users-api';
import type { TeamMember } from './file-content';
import { Ended } from './pace';
import { applyUser, type PlannedStep, planUser } from './reconcile';

/** What became of one user of the file. */
export interface Result {
  readonly member: TeamMember;
  /** `left`: the run ended before it was this user's turn, or between the look-up and the change. */
  readonly outcome: 'planned' | 'done' | 'failed' | 'left';
  /** Undefined if the user could not be looked up. */
  readonly step?: PlannedStep | undefined;
  readonly error?: ApiError;
}

export interface Work {
  readonly members: readonly TeamMember[];
  /** Without it, nothing is changed. */
  readonly apply: boolean;
  /** Whether attributes are sent to existing users even if nothing else changes. */
  readonly attributes: boolean;
  readonly onResult: (result: Result) => void;
  /** Ends the run: what has not been requested yet is left. */
  readonly giveUp: (why: string) => void;
}

/** More than the requests at the same time: a user that waits for their turn costs nothing. */
const WORKERS = 16;

/** So many in a row that fail at Twilio are an outage, or refused credentials: the others would fail too. */
const OUTAGE = 20;

/** Works through all users. A failed one does not stop the others. @returns the results in the order of the file */
export async function runTeam(flex: FlexUsersApi, work: Work): Promise<readonly Result[]> {
  const results = new Map<TeamMember, Result>();
  // All workers take from the same iterator.
  const members = work.members.values();
  let failedInARow = 0;
  const takeMembers = async () => {
    for (const member of members) {
      const result = await workOn(flex, member, work);
      results.set(member, result);
      if (result.outcome !== 'left') work.onResult(result);
      failedInARow = isFailureOfTwilio(result) ? failedInARow + 1 : 0;
      if (failedInARow === OUTAGE) work.giveUp(`Stopped: ${OUTAGE} users in a row failed at Twilio.`);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, takeMembers));
  return work.members.map((member) => results.get(member) ?? { member, outcome: 'left' });
}

async function workOn(flex: FlexUsersApi, member: TeamMember, { apply, attributes }: Work): Promise<Result> {
  let step: PlannedStep | undefined;
  try {
    step = await planUser(flex, member.user, { attributes });
    if (!apply) return { member, outcome: 'planned', step };
    if (step.action !== 'unchanged') await applyUser(flex, member.user);
    return { member, outcome: 'done', step };
  } catch (error) {
    if (error instanceof Ended) return { member, outcome: 'left', step };
    if (error instanceof ApiError) return { member, outcome: 'failed', step, error };
    throw error;
  }
}

const isFailureOfTwilio = ({ error }: Result): boolean =>
  error?.code === 'upstream_error' || error?.code === 'upstream_timeout';

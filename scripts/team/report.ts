import { FLEX_ROLES, type FlexRole } from '../../src/contract/roles';
import type { ApiError } from '../../src/errors';
import type { TeamAccount } from './account';
import type { FileFault, TeamMember } from './file-content';
import type { Change, PlannedStep } from './reconcile';
import type { Result } from './run';

/** What the command is about. */
export interface Target extends TeamAccount {
  readonly instanceSid: string;
  readonly file: string;
  readonly apply: boolean;
}

type Outcome = PlannedStep['action'] | 'failed' | 'left';

const outcomeOf = ({ outcome, step }: Result): Outcome =>
  outcome === 'failed' || outcome === 'left' ? outcome : (step?.action ?? 'left');

export type Summary = Readonly<Record<Outcome, number>>;

export function summarize(results: readonly Result[]): Summary {
  const count = (outcome: Outcome) => results.filter((result) => outcomeOf(result) === outcome).length;
  return {
    create: count('create'),
    change: count('change'),
    unchanged: count('unchanged'),
    failed: count('failed'),
    left: count('left'),
  };
}

/** How many users hold each role, least first. */
export function countRoles(members: readonly TeamMember[]): Readonly<Partial<Record<FlexRole, number>>> {
  const counts = FLEX_ROLES.map(
    (role) => [role, members.filter(({ user }) => user.roles.includes(role)).length] as const,
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

export function faultsText(file: string, faults: readonly FileFault[]): string {
  const lines = faults.map(
    ({ line, column, message }) => `  line ${line}${column ? `, ${plain(column)}` : ''}: ${message}`,
  );
  return `${file} has ${count(faults.length, 'fault')}. Nothing was done.\n\n${lines.join('\n')}\n`;
}

/** Whose account it is, and how many users of which role. */
export function headingText(
  { apply, settings, instanceSid, source, file }: Target,
  members: readonly TeamMember[],
): string {
  const roles = Object.entries(countRoles(members)).map(([role, users]) => `${users} ${role}`);
  return `${apply ? 'Changing' : 'Comparing with'} account ${settings.accountSid} (Flex instance ${instanceSid}), ${source}.
${file}: ${count(members.length, 'user')}${roles.length > 0 ? ` (${roles.join(', ')})` : ''}.
`;
}

/** One line for each user: what is to be done, and what exactly. */
export function planText(results: readonly Result[]): string {
  const width = Math.min(40, Math.max(0, ...results.map(({ member }) => member.user.username.length)));
  const lines = results.map((result) =>
    [outcomeOf(result).padEnd(9), plain(result.member.user.username).padEnd(width), detailsOf(result)]
      .join('  ')
      .trimEnd(),
  );
  return lines
    .map((line) => `${line}\n`)
    .join('')
    .concat('\n');
}

function detailsOf({ member: { user }, step, error }: Result): string {
  if (error) return 'see below';
  if (step?.action === 'create') {
    const attributes = Object.keys(user.workerAttributes ?? {}).map(plain);
    return [`roles: ${user.roles.join(', ')}`, attributes.length > 0 && `attributes: ${attributes.join(', ')}`]
      .filter(Boolean)
      .join('; ');
  }
  const notCompared = step?.notCompared.map((field) => `${field} not compared`) ?? [];
  return [...(step?.changes.map(changeText) ?? []), ...notCompared].join('; ');
}

const changeText = ({ field, from, to }: Change): string =>
  field === 'attributes' ? 'attributes: sent (cannot be compared)' : `${field}: ${valueText(from)} -> ${valueText(to)}`;

const valueText = (value: unknown): string =>
  Array.isArray(value) ? value.map((item) => plain(String(item))).join(', ') || 'none' : plain(JSON.stringify(value));

/** The end of the output: how many of what, what failed and why, and what to do next. */
export function summaryText(target: Target, results: readonly Result[]): string {
  const { create, change, unchanged, failed, left } = summarize(results);
  const counts = [
    target.apply ? `${create} created, ${change} changed` : `${create} to create, ${change} to change`,
    `${unchanged} unchanged`,
    `${failed} failed`,
    ...(left > 0 ? [`${left} not reached`] : []),
  ];
  return [
    `${counts.join(', ')}.`,
    ...failuresText(results),
    ...attributesText(results),
    ...nextText(target, results),
  ].join('\n');
}

function nextText({ apply }: Target, results: readonly Result[]): string[] {
  const { create, change, failed, left } = summarize(results);
  if (left > 0) return ['\nTo continue, run the same command again. It does only what is left.'];
  if (failed > 0 && apply) return ['\nFix the cause, then run the same command again. It does only what is left.'];
  if (!apply && create + change > 0)
    return ['\nNothing was changed. To apply this plan, run the same command with --apply.'];
  return [];
}

function failuresText(results: readonly Result[]): string[] {
  const failures = results.flatMap(({ member: { line, user }, error }) =>
    error ? [`  line ${line}, ${plain(user.username)}: ${error.message}${upstreamText(error)}`] : [],
  );
  return failures.length > 0 ? ['\nFailed:', ...failures] : [];
}

/** What Twilio Support needs to find the request. */
function upstreamText({ options: { upstream } }: ApiError): string {
  if (!upstream) return '';
  const parts = [`status ${upstream.status}`, upstream.code && `code ${upstream.code}`, upstream.request_id];
  return ` (Twilio: ${parts.filter(Boolean).join(', ')})`;
}

function attributesText(results: readonly Result[]): string[] {
  const users = results.filter(({ step }) => step?.notCompared.includes('attributes')).length;
  return users > 0
    ? [
        `\nAttributes of ${count(users, 'existing user')} were not compared: Twilio does not return them. They are sent along with another change,`,
        'or to all with --attributes.',
      ]
    : [];
}

/** The plan or the result, for scripts. */
export function toJson({ settings, instanceSid, file, apply }: Target, results: readonly Result[]) {
  return {
    account_sid: settings.accountSid,
    flex_instance_sid: instanceSid,
    file,
    apply,
    roles: countRoles(results.map(({ member }) => member)),
    summary: summarize(results),
    users: results.map((result) => ({
      line: result.member.line,
      username: result.member.user.username,
      outcome: outcomeOf(result),
      changes: result.step?.changes ?? [],
      not_compared: result.step?.notCompared ?? [],
      ...(result.error && { error: result.error.toBody() }),
    })),
  };
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;

/** Fit for a terminal: text of others must not move its cursor or change its direction. */
const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, '');

import { checkAccount } from './account';
import { checkCliAccount } from './cli-account';
import { checkClock } from './clock';
import { createExamination, type Examination, type ExaminationSubject } from './examination';
import { type Finding, failed } from './finding';
import { checkIdentityProvider } from './identity-provider';
import { NoResponse, type Outside } from './send';
import {
  checkAnonymousCaller,
  checkConfig,
  checkOrigins,
  checkOtherOrigins,
  checkPage,
  checkServiceCredentials,
} from './service';
import { checkRedirectUrl, checkSignOn } from './sign-on';

type Found = Finding | readonly Finding[];

type Check = (examination: Examination) => Found | Promise<Found>;

/** All checks by their names, in the order in which they are printed. */
const CHECKS: Readonly<Record<string, Check>> = {
  'Twilio CLI': checkCliAccount,
  '/config': checkConfig,
  '/login.html': checkPage,
  Clock: checkClock,
  Functions: checkAnonymousCaller,
  'Service credentials': checkServiceCredentials,
  Account: checkAccount,
  'Single sign-on': checkSignOn,
  'Redirect URL': checkRedirectUrl,
  Origins: checkOrigins,
  'Other origins': checkOtherOrigins,
  'Identity provider': checkIdentityProvider,
};

/**
 * Checks a service from outside, and prints one line per finding. Changes nothing: it starts a sign-in that it does not finish, and
 * otherwise only reads. The checks run at the same time, and one that fails does not affect the others.
 *
 * @returns whether no check failed
 */
export async function examine(
  outside: Outside,
  subject: ExaminationSubject,
  print: (line: string) => void,
): Promise<boolean> {
  const examination = createExamination(outside, subject);
  const running = Object.entries(CHECKS).map(([name, check]) => ({ name, found: run(check, examination) }));
  const findings: Finding[] = [];
  for (const { name, found } of running) {
    for (const finding of await found) {
      findings.push(finding);
      print(`${finding.state.padEnd(13)}${name}: ${finding.text}`);
    }
  }
  print(`\n${summary(findings)}`);
  return findings.every(({ state }) => state !== 'failed');
}

/** Returns the findings of a check, even if it throws. */
async function run(check: Check, examination: Examination): Promise<readonly Finding[]> {
  try {
    return [await check(examination)].flat();
  } catch (error) {
    if (error instanceof NoResponse) return [failed(`${error.message}.`)];
    // Its message may hold anything.
    return [failed(`this check broke (${error instanceof Error ? error.name : typeof error}).`)];
  }
}

function summary(findings: readonly Finding[]): string {
  const count = (state: Finding['state']) => findings.filter((finding) => finding.state === state).length;
  const failures = count('failed');
  const unchecked = count('not checked');
  const result = failures === 0 ? 'Nothing failed' : `${failures} of ${findings.length} checks failed`;
  return `${result}${unchecked === 0 ? '' : `; not checked: ${unchecked}`}.`;
}

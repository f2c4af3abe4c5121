import { parseArgs } from 'node:util';
import { outliveReader } from '../local/output';
import { bypassProxyForLoopback } from '../local/proxy';
import { ApiError } from '../src/errors';
import { FlexUsersApi } from '../src/flex/users-api';
import { findFlexInstanceSid } from '../src/twilio/flex-instance';
import { findAccount } from './team/account';
import { makeEnding } from './team/ending';
import { Ended, Pace, PacedCall } from './team/pace';
import { makeProgress } from './team/progress';
import { faultsText, headingText, planText, summarize, summaryText, toJson } from './team/report';
import { runTeam } from './team/run';
import { readTeam } from './team/team-file';

const USAGE = `Usage: npm run team -- FILE [--apply] [--attributes] [--json] [--sandbox URL]
FILE is a CSV file with the columns username, email, full_name, roles and any attributes.<key>, or a .json file with a list of
/provision bodies. Without --apply it prints what would be done, and changes nothing.
--attributes sends attributes to existing users even if nothing else changes.
--json prints the plan and the result as JSON.
--sandbox URL uses the sandbox of a running npm start, even if .env has credentials.`;

const DONE = 0;
const FAILED = 1;
const CHANGES_PLANNED = 2;

/** Shorter waits are not worth a line. */
const LONG_WAIT_MS = 5000;

interface Options {
  readonly file: string;
  readonly apply: boolean;
  readonly attributes: boolean;
  readonly json: boolean;
  readonly sandbox: string | undefined;
}

/** Provisions a team, or says what would be done. Never removes, deactivates or reactivates a user. @returns the exit code */
async function provisionTeam({ file, apply, attributes, json, sandbox }: Options): Promise<number> {
  const { members, faults } = readTeam(file);
  if (faults.length > 0) {
    if (json) printJson({ file, faults });
    else console.error(faultsText(file, faults));
    return FAILED;
  }

  const account = await findAccount(sandbox);
  const progress = makeProgress(process.stderr);
  const ending = makeEnding(progress.say);
  const pace = new Pace(ending.signal, (waitMs) => {
    if (waitMs >= LONG_WAIT_MS) progress.say(`Twilio returned 429. Waiting ${Math.ceil(waitMs / 1000)} s.`);
  });
  const call = new PacedCall(pace);
  const instanceSid = await findFlexInstanceSid(account.settings, call);
  const target = { ...account, instanceSid, file, apply };
  (json ? console.error : console.log)(headingText(target, members));

  const flex = new FlexUsersApi(account.settings, call);
  progress.start(members.length);
  const results = await runTeam(flex, {
    members,
    apply,
    attributes,
    onResult: progress.count,
    giveUp: ending.end,
  }).finally(progress.stop);

  if (json) printJson(toJson(target, results));
  else console.log(`${apply ? '' : planText(results)}${summaryText(target, results)}`);
  const { create, change, failed, left } = summarize(results);
  if (failed + left > 0) return FAILED;
  return !apply && create + change > 0 ? CHANGES_PLANNED : DONE;
}

function readOptions(parameters: string[]): Options | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: parameters,
      allowPositionals: true,
      options: {
        apply: { type: 'boolean', default: false },
        attributes: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        sandbox: { type: 'string' },
      },
    });
    const [file, ...others] = positionals;
    return file === undefined || others.length > 0 ? undefined : { ...values, file, sandbox: values.sandbox };
  } catch {
    return undefined;
  }
}

const printJson = (value: unknown) => console.log(JSON.stringify(value, undefined, 2));

async function main(parameters: string[]): Promise<number> {
  const options = readOptions(parameters);
  if (options === undefined) {
    console.error(USAGE);
    return FAILED;
  }
  try {
    return await provisionTeam(options);
  } catch (error) {
    // Expected failures are printed on one line; a stack would hide them.
    if (error instanceof Ended) return FAILED;
    if (!(error instanceof ApiError || (error instanceof Error && error.name === 'Error'))) throw error;
    if (options.json) printJson({ error: error instanceof ApiError ? error.toBody() : { message: error.message } });
    else console.error(error.message);
    return FAILED;
  }
}

outliveReader();
bypassProxyForLoopback();
void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});

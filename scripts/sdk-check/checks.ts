import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { groupBy } from 'es-toolkit';

/** A failure, with what failed because of it. */
export interface Difference {
  readonly message: string;
  /** The titles of tests, or none. */
  readonly titles: readonly string[];
}

interface Check {
  readonly name: string;
  /** Returns what differs; empty if nothing does. */
  readonly run: (project: string) => readonly Difference[];
}

/** What a version of the Flex SDK must pass, with what the project relies on in it. */
export const CHECKS: readonly Check[] = [
  { name: 'Types', run: (project) => ['src/login', 'src/client'].flatMap((folder) => checkTypes(project, folder)) },
  { name: 'Requests', run: (project) => runTests(project, 'sandbox/flex-sdk') },
  { name: 'Trimmed bundles', run: (project) => runTests(project, 'build/login-bundle', 'build/stand-ins') },
  { name: 'Sign-in page', run: (project) => runTests(project, 'login/sign-in', 'login/live') },
  { name: 'Client', run: (project) => runTests(project, 'client/shift', 'client/examples', 'client/own-sign-in') },
];

function checkTypes(project: string, folder: string): Difference[] {
  const { stdout } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', folder], {
    cwd: project,
    encoding: 'utf8',
  });
  const errors = stdout.split('\n').filter((line) => line.includes('error TS'));
  return errors.map((message) => ({ message, titles: [] }));
}

/** The parts of jest's report that are used. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    /** Why the file as a whole failed. */
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

function runTests(project: string, ...files: readonly string[]): Difference[] {
  const reportFile = join(project, `report-${files.join('-').replaceAll('/', '-')}.json`);
  const jest = ['node_modules/jest/bin/jest.js', '--json', '--outputFile', reportFile];
  const { status, stderr } = spawnSync(process.execPath, [...jest, ...files.map((file) => `tests/${file}.`)], {
    cwd: project,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: Number.POSITIVE_INFINITY,
  });
  if (status === 0) return [];
  // Without a report, no test has started: the build failed.
  if (!existsSync(reportFile)) return [{ message: stderr, titles: [] }];
  const { testResults }: Report = JSON.parse(readFileSync(reportFile, 'utf8'));
  const failures = testResults.flatMap(({ name, message, assertionResults }) => {
    const failed = assertionResults.filter((result) => result.status === 'failed');
    if (failed.length === 0) return message === '' ? [] : [{ title: name.slice(project.length + 1), message }];
    return failed.map(({ fullName, failureMessages }) => ({ title: fullName, message: failureMessages.join('\n') }));
  });
  const byMessage = groupBy(failures, ({ message }) => withoutStack(message));
  return Object.entries(byMessage).map(([message, group]) => ({ message, titles: group.map(({ title }) => title) }));
}

/** The same failure in two tests has two stacks. */
const withoutStack = (message: string): string => message.replace(/^\s+at .*$/gm, '').trim();

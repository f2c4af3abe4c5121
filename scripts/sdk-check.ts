import { rmSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { reportFailure } from '../local/failure';
import { checkOutWith } from './sdk-check/checkout';
import { CHECKS, type Difference } from './sdk-check/checks';

const USAGE = `Usage: npm run sdk-check -- VERSION
VERSION is a version of @twilio/flex-sdk, such as 3.0.0, or a tag, such as latest`;

/** Of each message, as many lines are printed. */
const MAX_LINES = 16;

/** Tests the project with another version of the Flex SDK, and prints what differs. Changes nothing in the project. */
function main([version, ...others]: readonly string[]): void {
  if (version === undefined || others.length > 0 || !/^\w[\w.-]*$/.test(version)) {
    console.error(USAGE);
    process.exitCode = 2;
    return;
  }
  const { folder, project } = checkOutWith(version);
  try {
    const failed = CHECKS.filter(({ name, run }) => {
      const differences = run(project);
      console.log(`${differences.length === 0 ? 'ok     ' : 'failed '} ${name}`);
      for (const difference of differences) console.log(`${describe(difference)}\n`);
      return differences.length > 0;
    });
    console.log(`\n@twilio/flex-sdk ${version}: ${CHECKS.length - failed.length} of ${CHECKS.length} checks passed.`);
    if (failed.length > 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function describe({ message, titles: [title, ...more] }: Difference): string {
  const lines = stripVTControlCharacters(message).split('\n');
  const filled = lines.filter((line) => line.trim() !== '').slice(0, MAX_LINES);
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
  return [...(title === undefined ? [] : [`${title}${others}`]), ...filled].map((line) => `        ${line}`).join('\n');
}

try {
  main(process.argv.slice(2));
} catch (error) {
  reportFailure(error);
}

import { spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readDeployedEnv } from '../build/env-file';
import { reportFailure } from '../local/failure';

const ROOT = resolve(__dirname, '..');

/** Deploys what is built with `twilio-run deploy` and its options, to the account that it was built for and to no other. */
function main(options: readonly string[]): void {
  const built = readDeployedEnv().ACCOUNT_SID;
  const target = optionsOf(options).username ?? built;
  if (built && target !== built) {
    throw new Error(
      `The build is for account ${built}, but --username names ${target}. Set ACCOUNT_SID and AUTH_TOKEN of the other account in .env, and deploy again.`,
    );
  }
  if (target) console.log(`Deploying to account ${target}.\n`);
  const bin = join(dirname(require.resolve('twilio-run/package.json')), 'bin/twilio-run.js');
  spawn(process.execPath, [bin, 'deploy', ...options], { cwd: ROOT, stdio: 'inherit' })
    .once('error', reportFailure)
    .once('exit', (code) => process.exit(code ?? 1));
}

/** The options of `twilio-run deploy` that choose the account or the settings. */
function optionsOf(args: readonly string[]): { readonly username?: string | undefined } {
  const { values } = parseArgs({
    args: [...args],
    strict: false,
    options: { username: { type: 'string', short: 'u' }, env: { type: 'string' } },
  });
  if (values.env !== undefined) {
    throw new Error('The build reads only .env. Put the settings there instead of using --env.');
  }
  return { username: typeof values.username === 'string' ? values.username : undefined };
}

try {
  main(process.argv.slice(2));
} catch (error) {
  reportFailure(error);
}

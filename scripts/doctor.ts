import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { readDeployedEnv, readEnvFile } from '../build/env-file';
import { reportFailure } from '../local/failure';
import { bypassProxyForLoopback } from '../local/proxy';
import { parseOrigin } from '../src/settings/origin';
import { cliAccount } from './doctor/cli-account';
import { examine, type Subject } from './doctor/examine';

const USAGE = `Usage: npm run doctor -- [SERVICE] [--origin ORIGIN]… [--token-stdin]
SERVICE is where the service runs, with its scheme and no path: https://your-service.twil.io. Default: http://localhost:3000
ORIGIN is one whose pages should be able to read its answers, such as https://app.example.com
--token-stdin reads a token of your identity provider, and says which rule it fails`;

/** A Function may take 10 s. */
const ANSWER_LIMIT_MS = 12_000;

/** Says in plain words what a service lacks. Exit code: 0 where nothing failed, 1 where something did, 2 for wrong usage. */
async function main(parameters: string[]): Promise<void> {
  const asked = readParameters(parameters);
  if (asked === undefined) {
    console.error(USAGE);
    process.exitCode = 2;
    return;
  }
  bypassProxyForLoopback();
  console.log(`Checking ${asked.service}, which changes nothing.\n`);
  const edges = { fetch, now: Date.now, limitMs: ANSWER_LIMIT_MS };
  const token = asked.readsToken ? (await text(process.stdin)).trim() : undefined;
  const cliDeploy = { built: readDeployedEnv().ACCOUNT_SID, cli: cliAccount() };
  const isWell = await examine(edges, { ...asked, token, variables: readEnvFile(), cliDeploy }, console.log);
  process.exitCode = isWell ? 0 : 1;
}

function readParameters(
  parameters: string[],
): (Pick<Subject, 'service' | 'origins'> & { readonly readsToken: boolean }) | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: parameters,
      allowPositionals: true,
      options: {
        origin: { type: 'string', multiple: true, default: [] },
        'token-stdin': { type: 'boolean', default: false },
      },
    });
    const [service, ...others] = [...positionals, ...(positionals.length === 0 ? ['http://localhost:3000'] : [])].map(
      parseOrigin,
    );
    const origins = values.origin.map(parseOrigin).filter((origin) => origin !== undefined);
    if (service === undefined || others.length > 0 || origins.length < values.origin.length) return undefined;
    return { service, origins, readsToken: values['token-stdin'] };
  } catch {
    return undefined;
  }
}

main(process.argv.slice(2)).catch(reportFailure);

import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { readDeployedEnv, readEnvFile } from '../build/env-file';
import { reportFailure } from '../local/failure';
import { outliveReader } from '../local/output';
import { bypassProxyForLoopback } from '../local/proxy';
import { parseOrigin } from '../src/settings/origin';
import { cliAccount } from './doctor/cli-account';
import { examine } from './doctor/examine';

const USAGE = `Usage: npm run doctor -- [SERVICE] [--origin ORIGIN]… [--token-stdin]
SERVICE is the URL of the service without a path, such as https://your-service.twil.io. Default: http://localhost:3000
ORIGIN is the origin of an app that calls the service, such as https://app.example.com
--token-stdin reads a token of your identity provider from standard input, and says which rule it fails`;

/** A Function may run 10 s. */
const RESPONSE_LIMIT_MS = 12_000;

/** Checks a service. Exit code: 0 if no check failed, 1 if one did, 2 for wrong usage. */
async function main(args: string[]): Promise<void> {
  const parameters = readParameters(args);
  if (parameters === undefined) {
    console.error(USAGE);
    process.exitCode = 2;
    return;
  }
  const { readsToken, ...target } = parameters;
  bypassProxyForLoopback();
  console.log(`Checking ${target.service}. This changes nothing.\n`);
  const token = readsToken ? (await text(process.stdin)).trim() : undefined;
  const cliDeploy = { built: readDeployedEnv().ACCOUNT_SID, cli: cliAccount() };
  const subject = { ...target, token, variables: readEnvFile(), cliDeploy };
  const isWell = await examine({ fetch, now: Date.now, limitMs: RESPONSE_LIMIT_MS }, subject, console.log);
  process.exitCode = isWell ? 0 : 1;
}

function readParameters(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        origin: { type: 'string', multiple: true, default: [] },
        'token-stdin': { type: 'boolean', default: false },
      },
    });
    const [service, ...others] = (positionals.length === 0 ? ['http://localhost:3000'] : positionals).map(parseOrigin);
    const origins = values.origin.map(parseOrigin).filter((origin) => origin !== undefined);
    if (service === undefined || others.length > 0 || origins.length < values.origin.length) return undefined;
    return { service, origins, readsToken: values['token-stdin'] };
  } catch {
    return undefined;
  }
}

outliveReader();
main(process.argv.slice(2)).catch(reportFailure);

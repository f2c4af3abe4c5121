import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { toEnvText } from '../../local/env-text';
import { type DeployableCheckout, makeDeployableCheckout } from './support/deploy';
import type { DeployedService } from './support/serverless-api';

// `npm run check:cli`: deploys with the Twilio CLI of the registry, and compares that with `npm run deploy`, file by file.

const PACKAGES = ['twilio-cli@6.2.4', '@twilio-labs/plugin-serverless@3.1.3'];
const ACCOUNT = { accountSid: `AC${'1'.repeat(32)}`, authToken: '2'.repeat(32) };
const ENV = toEnvText({
  ACCOUNT_SID: ACCOUNT.accountSid,
  AUTH_TOKEN: ACCOUNT.authToken,
  ALLOWED_ORIGINS: 'https://a.example,https://b.example',
  BACKEND_KEYS: '',
  LOG_LEVEL: 'warn',
});

/** Installs the CLI into a folder, with the plugin linked to it. Returns the environment to call it with. */
function installCli(folder: string): NodeJS.ProcessEnv {
  mkdirSync(join(folder, 'home'));
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--silent', ...PACKAGES], {
    cwd: folder,
    stdio: 'inherit',
  });
  const env = {
    ...process.env,
    HOME: join(folder, 'home'),
    PATH: [join(folder, 'node_modules/.bin'), process.env.PATH].join(delimiter),
    TWILIO_ACCOUNT_SID: ACCOUNT.accountSid,
    TWILIO_AUTH_TOKEN: ACCOUNT.authToken,
  };
  execFileSync('twilio', ['plugins:link', 'node_modules/@twilio-labs/plugin-serverless'], { cwd: folder, env });
  return env;
}

interface Ended {
  readonly code: number;
  readonly output: string;
}

function cliDeploy({ folder, environment }: DeployableCheckout, env: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { ...env, ...environment } };
    execFile('twilio', ['serverless:deploy'], options, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, output: `${stdout}${stderr}`.trim() }),
    );
  });
}

function differences(ours: DeployedService, theirs: DeployedService): readonly string[] {
  const parts = ['runtime', 'dependencies', 'includeCredentials', 'variables'] as const;
  const files = (service: DeployedService) =>
    new Map([...service.functions, ...service.assets].map((file) => [file.path, file]));
  const [ourFiles, theirFiles] = [files(ours), files(theirs)];
  const paths = [...new Set([...ourFiles.keys(), ...theirFiles.keys()])];
  const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  return [
    ...parts.filter((part) => !isSame(ours[part], theirs[part])),
    ...paths.filter((path) => !isSame(ourFiles.get(path), theirFiles.get(path))),
  ];
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'twilio-cli-'));
  const checkouts: DeployableCheckout[] = [];
  const failures: string[] = [];
  const check = (isRight: boolean, sentence: string) => {
    console.log(`${isRight ? 'ok    ' : 'failed'} ${sentence}`);
    if (!isRight) failures.push(sentence);
  };
  try {
    console.log(`Installing ${PACKAGES.join(' and ')} …`);
    const env = installCli(folder);
    const version = spawnSync('twilio', ['plugins'], { env, encoding: 'utf8' });
    console.log(version.stdout.split(' (link)')[0]);
    const [forNpm, forCli] = await Promise.all([
      makeDeployableCheckout(ACCOUNT, ENV),
      makeDeployableCheckout(ACCOUNT, ENV),
    ]);
    checkouts.push(forNpm, forCli);

    const unbuilt = await cliDeploy(forCli, env);
    check(
      unbuilt.code !== 0 && /Failed to find \.env file/.test(unbuilt.output) && forCli.api.deployed().length === 0,
      `Without a build, twilio serverless:deploy fails (exit code ${unbuilt.code}) and deploys nothing.`,
    );
    console.log(unbuilt.output);

    const built = await forCli.npm('run', 'build');
    check(built.code === 0, 'npm run build');
    const deployed = await cliDeploy(forCli, env);
    check(deployed.code === 0, `twilio serverless:deploy (exit code ${deployed.code})`);
    if (deployed.code !== 0) console.log(deployed.output);
    const own = await forNpm.npm('run', 'deploy');
    check(own.code === 0, 'npm run deploy');
    const [ours] = forNpm.api.deployed();
    const [theirs] = forCli.api.deployed();
    if (ours && theirs) {
      const different = differences(ours, theirs);
      check(
        different.length === 0,
        `Both deployed the same ${ours.functions.length} Functions, ${ours.assets.length} assets, runtime, dependencies and settings.`,
      );
      if (different.length > 0) console.log(`Different: ${different.join(', ')}`);
    } else {
      check(false, 'Both deployed.');
    }
  } finally {
    for (const checkout of checkouts) await checkout.close();
    rmSync(folder, { recursive: true, force: true });
  }
  process.exitCode = failures.length === 0 ? 0 : 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

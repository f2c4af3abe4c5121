import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { prepareSandboxRun } from '../../../local/sandbox-run';
import type { LocalRun } from '../../../local/twilio-run';
import type { Sandbox } from '../../../sandbox/server';
import type { DeployedService } from './serverless-api';

const MODULES = resolve(__dirname, '../../../node_modules');

export interface PlatformAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of a body
  readonly body: any;
}

interface PlatformRequest {
  readonly bearer?: string;
  /** Their names in lower case, as the platform has them. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly fields?: object;
}

/** Runs deployed Functions as the platform does. */
export interface Platform {
  /** Calls the public Function of that path, in a separate process. */
  readonly call: (path: string, asking?: PlatformRequest) => Promise<PlatformAnswer>;
  /** Runs any other code in the place of a Function, and resolves with what it prints. */
  readonly run: (code: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** @param sandbox the Twilio that the Functions reach */
export async function startPlatform(service: DeployedService, sandbox: Sandbox): Promise<Platform> {
  const toSandbox = await prepareSandboxRun(sandbox, {});
  const context = {
    ...(service.includeCredentials && { ACCOUNT_SID: sandbox.accountSid, AUTH_TOKEN: sandbox.authToken }),
    DOMAIN_NAME: service.domainName,
    ...service.variables,
  };
  return {
    call: async (path, { bearer, headers, fields } = {}) => {
      const deployed = service.functions.find((version) => version.path === path && version.visibility === 'public');
      if (deployed === undefined) throw new Error(`No public Function is at ${path}`);
      const authorization = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
      const event = { request: { headers: { ...authorization, ...headers }, cookies: {} }, ...fields };
      const code = readFileSync(join(__dirname, 'invocation.cjs'), 'utf8');
      const files = { 'function.js': deployed.content, 'invocation.cjs': code };
      const printed = await runAlone('invocation.cjs', files, service, toSandbox, JSON.stringify({ context, event }));
      return JSON.parse(printed);
    },
    run: (code) => runAlone('function.js', { 'function.js': code }, service, toSandbox, ''),
    close: toSandbox.close,
  };
}

/** In an empty folder, with the declared dependencies and nothing else to be found from there. */
async function runAlone(
  file: string,
  files: Readonly<Record<string, string>>,
  { dependencies }: DeployedService,
  { nodeArguments, environment }: LocalRun,
  input: string,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'flex-platform-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    for (const [name, version] of Object.entries(dependencies)) install(name, version, folder);
    const child = spawn(process.execPath, [...nodeArguments, file], {
      cwd: folder,
      env: { ...environment, HOME: folder },
    });
    let printed = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      printed += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      errors += text;
    });
    child.stdin.end(input);
    const [code, signal] = await once(child, 'close');
    if (code !== 0) throw new Error(`It ended with ${code ?? signal}: ${errors}`);
    return printed;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function install(name: string, version: string, folder: string): void {
  const { version: present } = JSON.parse(readFileSync(join(MODULES, name, 'package.json'), 'utf8'));
  if (present !== version) throw new Error(`${name} ${version} cannot be installed: ${present} is here`);
  const link = join(folder, 'node_modules', name);
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(join(MODULES, name), link);
}

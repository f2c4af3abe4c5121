import type { Variables } from '../../local/twilio-run';
import { isAccountSid } from '../../src/settings/sids';
import { checkAccount } from './account';
import { ask, type Edges, Unanswered } from './ask';
import { checkServiceCredentials, checkStrangers } from './callers';
import { type CliDeploy, checkCliAccount } from './cli-account';
import { checkClock } from './clock';
import { type ConfigCheck, checkConfig } from './config';
import { type Finding, failed, lineOf, notChecked } from './finding';
import { checkIdentityProvider } from './identity-provider';
import { checkOrigin, checkOtherOrigins } from './origins';
import { checkPage, sandboxOf } from './page';
import { checkRedirectUrl, checkSignOn, type SignOnCheck } from './sign-on';

/** What is to be examined. */
export interface Subject {
  /** The origin of the service. */
  readonly service: string;
  /** Origins that should be let in, besides those that the service lists. */
  readonly origins: readonly string[];
  /** The settings of `.env`. */
  readonly variables: Variables;
  /** A token of the identity provider, to be held against the rules. */
  readonly token?: string | undefined;
  readonly cliDeploy?: CliDeploy;
}

/**
 * Checks a service from outside, and prints one line for each check. Nothing is changed: a sign-in is begun that nobody finishes, and
 * what else is asked only reads. The checks go on at the same time, and one that fails leaves the others alone.
 *
 * @returns whether no check failed
 */
export async function examine(edges: Edges, subject: Subject, print: (line: string) => void): Promise<boolean> {
  const findings: Finding[] = [];
  for (const check of startChecks(edges, subject)) {
    for (const finding of await check) {
      findings.push(finding);
      print(lineOf(finding));
    }
  }
  print(`\n${summary(findings)}`);
  return findings.every(({ state }) => state !== 'failed');
}

/** All checks, started at once, in the order in which they are told. None rejects. */
function startChecks(edges: Edges, subject: Subject): readonly Promise<readonly Finding[]>[] {
  const { service, variables } = subject;
  const { config, settings, page, sandbox, twilio, region, signOn } = learn(edges, subject);
  return [
    Promise.resolve(subject.cliDeploy ? checkCliAccount(subject.cliDeploy) : []),
    config.then(({ finding }) => [finding]),
    one('/login.html', checkPage(edges, page, pageOf(service), settings)),
    Promise.all([config, signOn]).then(([config, signOn]) => [
      checkClock([
        { name: 'the service’s', answer: config.answer },
        { name: 'Twilio’s', answer: signOn.answer },
      ]),
    ]),
    one('The Functions', checkStrangers(edges, service)),
    one('The service’s own credentials', checkServiceCredentials(edges, service)),
    one(
      'The account',
      Promise.all([sandbox, settings]).then(([sandbox, settings]) =>
        sandbox === undefined
          ? checkAccount(edges, variables, settings?.account_sid)
          : notChecked('The account: the service uses the sandbox, which has one of its own.'),
      ),
    ),
    signOn.then(({ finding }) => [finding]),
    one(
      'Redirect URL',
      Promise.all([twilio, signOn, region]).then(([twilio, { connection }, region]) =>
        connection
          ? checkRedirectUrl(twilio, pageOf(service), connection, region)
          : notChecked('Redirect URL: that needs an active single sign-on connection.'),
      ),
    ),
    settings.then((settings) => checkOrigins(edges, subject, settings?.allowed_origins ?? [])),
    one('Other origins', checkOtherOrigins(edges, service)),
    checkIdentityProvider(edges, variables, subject.token),
  ];
}

/** What several checks rely on, as far as it can be found out. Only `page` may reject. */
function learn(edges: Edges, { service, variables }: Subject) {
  const config: Promise<ConfigCheck> = checkConfig(edges, service).catch((error) => {
    const { text } = whyUnchecked('/config', error);
    const next = 'Start the service, or give its address: npm run doctor -- https://your-service.twil.io';
    return { finding: failed(`${text} ${next}`) };
  });
  const settings = config.then(({ config }) => config);
  const page = ask(edges, pageOf(service));
  // A page of `npm start` signs in at the sandbox, and so it is the sandbox that is asked in Twilio's place.
  const sandbox = page.then(
    (answer) => (isLocal(service) ? sandboxOf(answer) : undefined),
    () => undefined,
  );
  const twilio = sandbox.then((origin) =>
    origin === undefined ? edges : { ...edges, fetch: fetchFrom(origin, edges) },
  );
  const region = settings.then((settings) => (settings ? settings.region : variables.TWILIO_REGION));
  const signOn: Promise<SignOnCheck> = Promise.all([settings, twilio, region])
    .then(([settings, twilio, region]) => {
      const accountSid = settings?.account_sid ?? variables.ACCOUNT_SID;
      if (isAccountSid(accountSid)) return checkSignOn(twilio, accountSid, region);
      return { finding: notChecked('Single sign-on: no account is known, since neither /config nor .env names one.') };
    })
    .catch((error) => ({ finding: whyUnchecked('Single sign-on', error) }));
  return { config, settings, page, sandbox, twilio, region, signOn };
}

async function checkOrigins(
  edges: Edges,
  { service, origins, variables }: Subject,
  listed: readonly string[],
): Promise<readonly Finding[]> {
  const checks = [...new Set([...origins, ...listed])].map((origin) =>
    one(`Origin ${origin}`, checkOrigin(edges, service, origin, { variables, listed })),
  );
  return (await Promise.all(checks)).flat();
}

/** The finding of a check, whatever happens to it. */
async function one(what: string, check: Promise<Finding>): Promise<readonly Finding[]> {
  return [await check.catch((error: unknown) => whyUnchecked(what, error))];
}

function whyUnchecked(what: string, error: unknown): Finding {
  if (error instanceof Unanswered) return failed(`${what}: ${error.message}.`);
  // Its message may hold anything.
  const name = error instanceof Error ? error.name : typeof error;
  return failed(`${what}: this check itself went wrong (${name}).`);
}

const pageOf = (service: string) => `${service}/login.html`;

const isLocal = (service: string) => ['localhost', '127.0.0.1'].includes(new URL(service).hostname);

/** What is meant for a host of Twilio's, asked of the sandbox. It gets no credentials: those of `.env` are not its own. */
const fetchFrom =
  (sandbox: string, { fetch }: Edges): typeof globalThis.fetch =>
  (url, init) =>
    fetch(String(url).replace(/^https:\//, sandbox), init);

function summary(findings: readonly Finding[]): string {
  const count = (state: Finding['state']) => findings.filter((finding) => finding.state === state).length;
  const failures = count('failed');
  const result = failures === 0 ? 'Nothing failed' : `${failures} of ${findings.length} checks failed`;
  const unchecked = count('not checked');
  return `${result}${unchecked === 0 ? '' : `; not checked: ${unchecked}`}.`;
}

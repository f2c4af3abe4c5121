import type { OpenIdProvider } from '../sandbox/openid/server';
import type { Sandbox } from '../sandbox/server';
import { METHODS } from '../src/contract/functions';
import { DEFAULT_TTL_SECONDS } from '../src/contract/limits';

/**
 * Returns what `npm start` prints: the URLs, the users, and a command to call each Function.
 *
 * @param maxTtlSeconds the maximum lifetime of a token
 * @param provider the sandbox's identity provider, if the Functions trust it
 */
export function welcome(sandbox: Sandbox, origin: string, maxTtlSeconds: number, provider?: OpenIdProvider): string {
  const { agent, supervisor, admin } = sandbox.users;
  const users = [agent, supervisor, admin].map(({ username, roles }) => `  ${username.padEnd(24)} ${roles.join(', ')}`);
  return `${placesOf(origin)}

Users of the sandbox
${users.join('\n')}

Backend key for this run, with every scope
  ${sandbox.backendKey}

${
  provider
    ? `${providerAt(provider)}

`
    : ''
}Paste these commands into another terminal, in this order:

${curlCommands(sandbox, origin, maxTtlSeconds, provider).join('\n\n')}

See what provisioning a team from a CSV file would do, and add --apply to do it:

npm run team -- examples/team.csv --sandbox ${origin}

Press Ctrl-C to stop.
`;
}

const providerAt = ({ issuer, people }: OpenIdProvider): string => `Your own identity provider, simulated by the sandbox
  ${issuer}
${people.map(({ username, roles }) => `  ${username.padEnd(24)} ${roles.join(', ')}`).join('\n')}`;

/** Returns the URLs of the page and the Functions. */
export const placesOf = (origin: string): string => `Sign-in page
  ${origin}/login.html

Functions
${Object.keys(METHODS)
  .map((name) => `  ${origin}/${name}`)
  .join('\n')}`;

const ACCESS_TOKEN_IN_JSON = `sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/'`;

const PROXY_VARIABLES = ['http_proxy', 'all_proxy', 'ALL_PROXY'];
const CURL = `curl -sS -w "\\n"${PROXY_VARIABLES.some((name) => process.env[name]) ? ' --noproxy localhost,127.0.0.1' : ''}`;

function curlCommands(
  { backendKey }: Sandbox,
  origin: string,
  maxTtlSeconds: number,
  provider: OpenIdProvider | undefined,
): readonly string[] {
  const asBackend = `-H 'Authorization: Bearer ${backendKey}'`;
  const asUser = `-H "Authorization: Bearer $TOKEN"`;
  const json = (body: object) => `-H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`;
  const curl = (path: string, ...options: readonly string[]) => [CURL, `${origin}${path}`, ...options].join(' ');
  const user = {
    username: 'user1',
    email: 'test@example.com',
    full_name: 'Foo Bar',
    roles: ['agent'],
    worker: {
      attributes: { 'channel.voice.capacity': 10, language: 'english, spanish', 'more.stringarray': 'more,more2' },
    },
  };
  return [
    curl('/provision', asBackend, json(user)),
    curl('/lookup', '-G --data-urlencode username=user1', asBackend),
    curl('/mint', asBackend, json({ username: 'user1', ttl: Math.min(DEFAULT_TTL_SECONDS, maxTtlSeconds) })),
    `TOKEN=$(${curl('/mint', asBackend, json({ username: 'user1' }))} | ${ACCESS_TOKEN_IN_JSON})`,
    curl('/lookup', asUser),
    curl('/mint', asUser, json({ ttl: Math.min(600, maxTtlSeconds) })),
    curl('/deprovision', asBackend, json({ username: 'user1' }), '-i'),
    ...(provider ? ownSignIn(provider, curl) : []),
    curl('/config'),
  ];
}

/** A sign-in at the provider without a browser, for a person who is not a Flex user yet. */
function ownSignIn({ issuer, clientId }: OpenIdProvider, curl: (path: string, option: string) => string): string[] {
  const form = `-d grant_type=password -d client_id=${clientId} --data-urlencode username=newcomer@example.com`;
  return [
    `ACCESS=$(${CURL} ${issuer}/token ${form} | ${ACCESS_TOKEN_IN_JSON})`,
    curl('/mint', '-X POST -H "Authorization: Bearer $ACCESS"'),
  ];
}

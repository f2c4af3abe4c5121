import type { Variables } from '../../local/twilio-run';
import { discoveryUrl, readDiscovery, readKeySet } from '../../src/auth/identity-provider/discovery';
import { profileIn, rolesIn, usernameIn } from '../../src/auth/identity-provider/mapping';
import { verifyToken } from '../../src/auth/identity-provider/token';
import { ApiError } from '../../src/errors';
import { type IdentityProvider, isIdentityProviderName } from '../../src/settings/identity-provider';
import { readSettings } from '../../src/settings/settings';
import { UpstreamCall } from '../../src/upstream/call';
import { ask, type Edges } from './ask';
import { checkClock } from './clock';
import { type Finding, failed, notChecked, ok, warning } from './finding';

const NAME = 'Identity provider';

/**
 * Checks the identity provider in `.env` from outside, and a token against every rule. Prints neither the token nor a claim.
 *
 * @param token a token of the provider, if one was given
 */
export async function checkIdentityProvider(
  edges: Edges,
  variables: Variables,
  token: string | undefined,
): Promise<readonly Finding[]> {
  const settings = readProvider(variables);
  if ('text' in settings) return [settings];
  const { provider } = settings;
  if (!provider)
    return token === undefined ? [] : [notChecked(`${NAME}: .env has no OIDC_ISSUER, so no token is accepted.`)];
  const findings = [
    await checkDocuments(edges, provider),
    checkRoles(provider),
    await checkProviderClock(edges, provider),
  ];
  return token === undefined ? findings : [...findings, await checkToken(edges, provider, token)];
}

/** The account has a check elsewhere, so any stands in for it here. */
function readProvider(variables: Variables): { provider: IdentityProvider | undefined } | Finding {
  const own = Object.entries(variables).filter(([name]) => isIdentityProviderName(name));
  try {
    const account = { ACCOUNT_SID: `AC${'0'.repeat(32)}`, AUTH_TOKEN: 'none' };
    return { provider: readSettings({ ...account, ...Object.fromEntries(own) }).identityProvider };
  } catch (error) {
    return failed(`${NAME}: ${messageOf(error)} Fix .env, then deploy or start again.`);
  }
}

const callFor = ({ limitMs }: Edges) => new UpstreamCall(performance.now() + limitMs);

async function checkDocuments(edges: Edges, { issuer }: IdentityProvider): Promise<Finding> {
  try {
    const call = callFor(edges);
    const discovery = await readDiscovery(issuer, call);
    const { usable } = await readKeySet(discovery, call);
    return ok(`${NAME}: discovery names the issuer in OIDC_ISSUER, and publishes ${usable} usable keys.`);
  } catch (error) {
    return failed(`${NAME}: ${discoveryUrl(issuer)}: ${reasonOf(error)}.`);
  }
}

function checkRoles({ roles, provision }: IdentityProvider): Finding {
  if (!roles) return warning(`${NAME}: OIDC_ROLES is not set, so the roles at Twilio count, whatever a token says.`);
  const granted = [...new Set(roles.map(({ role }) => role))].join(', ');
  return ok(
    `${NAME}: it can grant ${granted}. Users are ${provision ? 'created and updated' : 'neither created nor changed'}.`,
  );
}

async function checkProviderClock(edges: Edges, { issuer }: IdentityProvider): Promise<Finding> {
  const answer = await ask(edges, discoveryUrl(issuer)).catch(() => undefined);
  return checkClock([{ name: 'the identity provider’s', answer }]);
}

async function checkToken(edges: Edges, provider: IdentityProvider, token: string): Promise<Finding> {
  try {
    const claims = await verifyToken(token, provider, callFor(edges));
    const username = usernameIn(claims, provider);
    const roles = rolesIn(claims, provider);
    if (username === undefined) {
      return failed(
        `Token: its claim "${provider.usernameClaim}" (OIDC_USERNAME_CLAIM) is missing, malformed or unverified.`,
      );
    }
    if (roles?.length === 0) {
      return failed(
        `Token: its claim "${provider.rolesClaim}" (OIDC_ROLES_CLAIM) holds no value that OIDC_ROLES lists.`,
      );
    }
    if (provider.provision && profileIn(claims, username).email === undefined) {
      return warning('Token: it is accepted, but has no email address, so its user cannot be created.');
    }
    return ok(`Token: it passes every rule${roles ? `, and grants ${roles.join(', ')}` : ''}.`);
  } catch (error) {
    return failed(`Token: it is refused. ${reasonOf(error)}.`);
  }
}

const reasonOf = (error: unknown): string => (error instanceof ApiError && error.options.reason) || messageOf(error);

/** The message of anything else may hold anything. */
const messageOf = (error: unknown): string =>
  error instanceof ApiError ? error.message : error instanceof Error ? error.name : typeof error;

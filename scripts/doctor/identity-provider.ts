import { discoveryUrl, readDiscovery, readKeySet } from '../../src/auth/identity-provider/discovery';
import { profileIn, rolesIn, usernameIn } from '../../src/auth/identity-provider/mapping';
import { verifyToken } from '../../src/auth/identity-provider/token';
import { ApiError } from '../../src/errors';
import { type IdentityProvider, isIdentityProviderName } from '../../src/settings/identity-provider';
import { readSettings } from '../../src/settings/settings';
import { UpstreamCall } from '../../src/upstream/call';
import { compareClocks } from './clock';
import type { Examination } from './examination';
import { type Finding, failed, notChecked, ok, warning } from './finding';

/** Checks the identity provider in `.env`, and the token against every rule. Prints neither the token nor a claim. */
export async function checkIdentityProvider(
  examination: Pick<Examination, 'variables' | 'token' | 'limitMs' | 'send'>,
): Promise<readonly Finding[]> {
  const { variables, token, limitMs, send } = examination;
  const own = Object.entries(variables).filter(([name]) => isIdentityProviderName(name));
  let provider: IdentityProvider | undefined;
  try {
    // The account has its own check, so any account will do here.
    const account = { ACCOUNT_SID: `AC${'0'.repeat(32)}`, AUTH_TOKEN: 'none' };
    provider = readSettings({ ...account, ...Object.fromEntries(own) }).identityProvider;
  } catch (error) {
    return [failed(`${messageOf(error)} Fix .env, then deploy or restart.`)];
  }
  if (!provider) return token === undefined ? [] : [notChecked('.env has no OIDC_ISSUER, so no token is accepted.')];
  const call = () => new UpstreamCall(performance.now() + limitMs);
  const url = discoveryUrl(provider.issuer);
  return Promise.all([
    checkDocuments(provider, call()),
    checkRoles(provider),
    send(url).then(
      (response) => compareClocks({ 'the identity provider': response }),
      () => notChecked('its clock could not be read.'),
    ),
    ...(token === undefined ? [] : [checkToken(provider, call(), token)]),
  ]);
}

async function checkDocuments({ issuer }: IdentityProvider, call: UpstreamCall): Promise<Finding> {
  try {
    const { usable } = await readKeySet(await readDiscovery(issuer, call), call);
    return ok(`its discovery document names OIDC_ISSUER. Usable keys: ${usable}.`);
  } catch (error) {
    return failed(`${discoveryUrl(issuer)}: ${reasonOf(error)}.`);
  }
}

function checkRoles({ roles, provision }: IdentityProvider): Finding {
  if (!roles) return warning('OIDC_ROLES is not set, so users get their roles in Flex, whatever their token says.');
  const granted = [...new Set(roles.map(({ role }) => role))].join(', ');
  return ok(`it can grant ${granted}. It ${provision ? 'creates and updates users' : 'does not change users'}.`);
}

async function checkToken(provider: IdentityProvider, call: UpstreamCall, token: string): Promise<Finding> {
  try {
    const claims = await verifyToken(token, provider, call);
    const username = usernameIn(claims, provider);
    const roles = rolesIn(claims, provider);
    if (username === undefined) {
      return failed(
        `the token's claim "${provider.usernameClaim}" (OIDC_USERNAME_CLAIM) is missing, malformed or unverified.`,
      );
    }
    if (roles?.length === 0) {
      return failed(
        `the token's claim "${provider.rolesClaim}" (OIDC_ROLES_CLAIM) has no value that OIDC_ROLES lists.`,
      );
    }
    if (provider.provision && profileIn(claims, username).email === undefined) {
      return warning('the token is accepted, but has no email address, so its user cannot be created.');
    }
    return ok(`the token passes every rule${roles ? `, and grants ${roles.join(', ')}` : ''}.`);
  } catch (error) {
    return failed(`the token is rejected. ${reasonOf(error)}.`);
  }
}

const reasonOf = (error: unknown): string => (error instanceof ApiError && error.options.reason) || messageOf(error);

/** Any other error may have anything in its message. */
const messageOf = (error: unknown): string =>
  error instanceof ApiError ? error.message : error instanceof Error ? error.name : typeof error;

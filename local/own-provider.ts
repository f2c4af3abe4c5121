import { type OpenIdProvider, startOpenIdProvider } from '../sandbox/openid/server';
import { isRecord } from '../src/json';
import { isIdentityProviderName } from '../src/settings/identity-provider';
import type { Variables } from './twilio-run';

/** Where `npm run example` serves the app that signs in at the provider. */
const OWN_SIGN_IN_URLS = ['http://localhost:8080/own-sign-in/', 'http://127.0.0.1:8080/own-sign-in/'];

/**
 * Starts the sandbox's identity provider, on the port after the service's, or on any other if that is taken.
 *
 * @returns `undefined` if the settings have their own identity provider
 */
export async function startOwnProvider(variables: Variables, servicePort: number): Promise<OpenIdProvider | undefined> {
  if (hasIdentityProvider(variables)) return undefined;
  const startOn = (port: number) => startOpenIdProvider({ port, redirectUris: OWN_SIGN_IN_URLS });
  const next = servicePort + 1;
  if (next > 65_535) return startOn(0);
  return startOn(next).catch((error: unknown) => {
    if (isRecord(error) && error.code === 'EADDRINUSE') return startOn(0);
    throw error;
  });
}

/** Whether any setting of an identity provider is set: one alone is a mistake that must show. */
export const hasIdentityProvider = (variables: Variables): boolean =>
  Object.keys(variables).some((name) => isIdentityProviderName(name) && variables[name]);

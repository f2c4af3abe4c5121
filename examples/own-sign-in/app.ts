import { createClient } from '@twilio/flex-sdk';
import { InMemoryWebStorage, type User, UserManager, WebStorageStateStore } from 'oidc-client-ts';
import { connect, createFlexAuth } from '../../src/client/flex-auth';

const part = (selector: string): Element => {
  const element = document.querySelector(selector);
  if (!element) throw new Error(`index.html has no ${selector}`);
  return element;
};
const [button, status, alert] = [part('#sign-in'), part('[role=status]'), part('[role=alert]')];
const setting = (name: string) => part(`meta[name=${name}]`).getAttribute('content') ?? '';
const page = location.origin + location.pathname;

const users = new UserManager({
  authority: setting('issuer'),
  client_id: setting('client-id'),
  redirect_uri: page,
  scope: 'openid email profile',
  // In memory only: anyone who can read the tokens is signed in.
  userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
  automaticSilentRenew: false,
});

/** The access token of your provider, renewed by its refresh token if less than a minute is left. */
async function accessToken(): Promise<string | undefined> {
  const user: User | null = await users.getUser();
  if (!user) return undefined;
  return ((user.expires_in ?? 0) > 60 ? user : await users.signinSilent())?.access_token;
}

const flexAuth = createFlexAuth({ service: setting('flex-auth-service'), token: accessToken });
const show = ({ expiresAt }: { readonly expiresAt: string }) => {
  status.textContent = `Signed in, until ${expiresAt}.`;
  alert.textContent = '';
};
const fail = (error: unknown) => {
  alert.textContent = error instanceof Error ? error.message : 'The sign-in failed. Try again.';
};

/** Back from the provider: completes the sign-in, and creates a Flex client that stays signed in. */
async function comeBack(): Promise<void> {
  await users.signinCallback();
  history.replaceState(null, '', page);
  const { client, expiresAt } = await connect({
    createClient,
    getToken: () => flexAuth.mint(),
    onRenewed: show,
    onEnding: fail,
    onEnded: (error) => {
      status.textContent = 'Your session has ended. Sign in again.';
      fail(error);
    },
  });
  Object.assign(window, { flexClient: client });
  show({ expiresAt });
}

button.addEventListener('click', () => users.signinRedirect().catch(fail));
if (new URLSearchParams(location.search).has('state')) comeBack().catch(fail);

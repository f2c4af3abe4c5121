import { createFlexAuth, FlexAuthError, type FlexSession, signIn } from '../../src/client/flex-auth';

const part = (selector: string): Element => {
  const element = document.querySelector(selector);
  if (!element) throw new Error(`index.html has no ${selector}`);
  return element;
};
const [button, status, alert] = [part('#sign-in'), part('[role=status]'), part('[role=alert]')];
const service = part('meta[name=flex-auth-service]').getAttribute('content') ?? '';

/** In memory only: anyone who can read it is signed in. */
let session: FlexSession | undefined;
const flexAuth = createFlexAuth({ service, token: () => session?.accessToken });

button.addEventListener('click', async () => {
  // Before anything is awaited: only while it handles a click does a browser let a window open.
  const signedIn = signIn({ service });
  status.textContent = 'Sign in, in the window that has opened.';
  alert.textContent = '';
  session = undefined;
  try {
    session = await signedIn;
    const user = await flexAuth.lookup();
    status.textContent = `Signed in as ${user.full_name ?? user.username}, until ${session.expiresAt}.`;
  } catch (error) {
    if (!(error instanceof FlexAuthError)) throw error;
    status.textContent = session ? 'You are signed in.' : 'You are not signed in.';
    alert.textContent = error.message;
  }
});

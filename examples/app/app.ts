import { createClient, refreshToken, validateToken } from '@twilio/flex-sdk';
import { connect, FlexAuthError, sessionTokens, signIn } from '../../src/client/flex-auth';

const part = (selector: string): Element => {
  const element = document.querySelector(selector);
  if (!element) throw new Error(`index.html has no ${selector}`);
  return element;
};
const [signInButton, signOutButton] = [part('#sign-in'), part('#sign-out')];
const [status, alert] = [part('[role=status]'), part('[role=alert]')];
const service = part('meta[name=flex-auth-service]').getAttribute('content') ?? '';

/** Aborted when the person signs out or signs in again. */
let attempt = new AbortController();

const showMessage = (error: unknown) => {
  alert.textContent = error instanceof Error ? error.message : String(error);
};

async function start(signal: AbortSignal): Promise<void> {
  // Before the first `await`: a browser opens a popup only while it handles the click.
  const signedIn = signIn({ service, signal });
  status.textContent = 'Sign in, in the window that has opened.';
  alert.textContent = '';
  const session = await signedIn;
  status.textContent = 'Starting the Flex client.';
  const name = session.username ?? session.identity;
  // #region connect
  const connection = await connect({
    createClient,
    getToken: sessionTokens(session, { refreshToken, validateToken }),
    onRenewed: ({ expiresAt }) => {
      status.textContent = `Connected as ${name} until ${expiresAt}.`;
      alert.textContent = '';
    },
    onEnding: showMessage,
    onEnded: (error) => {
      status.textContent = 'Your session has ended. Sign in again.';
      showMessage(error);
    },
  });
  // #endregion
  const disconnect = () => {
    connection.stop();
    connection.client.destroy();
  };
  if (signal.aborted) return disconnect();
  signal.addEventListener('abort', disconnect);
  status.textContent = `Connected as ${name} until ${connection.expiresAt}.`;
}

signInButton.addEventListener('click', async () => {
  attempt.abort();
  attempt = new AbortController();
  const { signal } = attempt;
  try {
    await start(signal);
  } catch (error) {
    if (signal.aborted) return;
    status.textContent = 'You are not signed in.';
    showMessage(error);
    // Anything else is a fault of the app or of the Flex SDK: report it as usual.
    if (!(error instanceof FlexAuthError)) throw error;
  }
});

signOutButton.addEventListener('click', () => {
  attempt.abort();
  status.textContent = 'You are signed out.';
  alert.textContent = '';
});

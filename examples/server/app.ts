import { createClient } from '@twilio/flex-sdk';
import { connect, type MintedToken } from '../../src/client/flex-auth';

const part = (selector: string): Element => {
  const element = document.querySelector(selector);
  if (!element) throw new Error(`The page has no ${selector}`);
  return element;
};
const [status, alert] = [part('[role=status]'), part('[role=alert]')];

/** Requests a token from the server, which knows the user by the session cookie. */
async function getToken({ signal }: { readonly signal: AbortSignal }): Promise<MintedToken> {
  const response = await fetch('flex-token', { method: 'POST', signal });
  const body = await response.json();
  if (!response.ok) throw new Error(body.message);
  return body;
}

const show = ({ expiresAt }: { readonly expiresAt: string }) => {
  status.textContent = `Connected until ${expiresAt}.`;
  alert.textContent = '';
};
const fail = (error: unknown) => {
  alert.textContent = error instanceof Error ? error.message : 'The sign-in failed. Try again.';
};

/** Creates a Flex client that stays signed in. */
async function start(): Promise<void> {
  const { client, expiresAt } = await connect({
    createClient,
    getToken,
    onRenewed: show,
    onEnding: fail,
    onEnded: (error) => {
      status.textContent = 'Your session has ended. Reload the page.';
      fail(error);
    },
  });
  Object.assign(window, { flexClient: client });
  show({ expiresAt });
}

start().catch(fail);

import type { CDPSession } from 'playwright-core';
import type { Sandbox } from '../../sandbox/server';

const AUTHORIZE = 'https://services.twilio.com/v1/Flex/Authorize?';
const USERNAME = 'agent@example.com';

/**
 * Lets a sandbox play Twilio for a tab: on its way each request is given the sandbox's address. The page does not see that, so it is
 * measured as it would be deployed; and unlike an answer that is put in by hand, this one comes through the throttled network.
 *
 * @param signInAt is given the address that the page leads to, and answers where the identity provider sends the browser back to
 * @returns what never resolves, and rejects where something goes wrong
 */
export function routeToSandbox(
  devTools: CDPSession,
  sandbox: Sandbox,
  signInAt: (loginUrl: string) => Promise<string>,
): Promise<never> {
  return new Promise((_, reject) => {
    devTools.on('Fetch.requestPaused', ({ requestId, request: { url } }) => {
      const sendBack = async () => {
        const responseHeaders = [{ name: 'Location', value: await signInAt(url) }];
        await devTools.send('Fetch.fulfillRequest', { requestId, responseCode: 302, responseHeaders });
      };
      const passOn = () => devTools.send('Fetch.continueRequest', { requestId, url: atSandbox(sandbox, url) });
      (url.startsWith(AUTHORIZE) ? sendBack() : passOn()).catch(reject);
    });
    devTools.send('Fetch.enable', { patterns: [{ urlPattern: 'https://*.twilio.com/*' }] }).catch(reject);
  });
}

/** Presses a button of the sign-in form. @returns where the browser is sent back to */
export async function passIdentityProvider(sandbox: Sandbox, loginUrl: string): Promise<string> {
  const url = atSandbox(sandbox, loginUrl);
  const form = await (await fetch(url)).text();
  const action = /action="([^"]+)"/.exec(form)?.[1];
  const user = sandbox.user(USERNAME)?.flexUserSid;
  if (action === undefined || user === undefined) throw new Error(`${USERNAME} cannot sign in here: ${form}`);
  const body = new URLSearchParams({ user });
  const answer = await fetch(new URL(action, url), { method: 'POST', body, redirect: 'manual' });
  const location = answer.headers.get('location');
  if (location === null) throw new Error(`The identity provider answered ${answer.status}`);
  return location;
}

const atSandbox = ({ origin }: Sandbox, url: string): string => url.replace('https:/', origin);

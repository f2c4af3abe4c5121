import type { CDPSession } from 'playwright-core';
import type { Sandbox } from '../../sandbox/server';

const AUTHORIZE = 'https://services.twilio.com/v1/Flex/Authorize?';
const USERNAME = 'agent@example.com';

/**
 * Routes a tab's requests to Twilio to a sandbox. The page does not notice, so it is measured as it would be deployed. Unlike
 * an intercepted response, this one comes through the throttled network.
 *
 * @param signInAt gets the URL that the page redirects to, and returns the URL to which the identity provider redirects
 * @returns a promise that never resolves, and rejects if something fails
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

/** Presses a button of the sign-in form. @returns the redirect URL */
export async function passIdentityProvider(sandbox: Sandbox, loginUrl: string): Promise<string> {
  const url = atSandbox(sandbox, loginUrl);
  const form = await (await fetch(url)).text();
  const action = /action="([^"]+)"/.exec(form)?.[1];
  const user = sandbox.user(USERNAME)?.flexUserSid;
  if (action === undefined || user === undefined) throw new Error(`${USERNAME} cannot sign in here: ${form}`);
  const body = new URLSearchParams({ user });
  const answer = await fetch(new URL(action, url), { method: 'POST', body, redirect: 'manual' });
  const location = answer.headers.get('location');
  if (location === null) throw new Error(`The identity provider returned ${answer.status}`);
  return location;
}

const atSandbox = ({ origin }: Sandbox, url: string): string => url.replace('https:/', origin);

import { createHash } from 'node:crypto';
import type { Sandbox } from '../../sandbox/server';

/** What belongs to the code challenge of `loginUrlFor`. */
export const CODE_VERIFIER = 'v'.repeat(64);
const CODE_CHALLENGE = createHash('sha256').update(CODE_VERIFIER).digest('base64url');

/** A login URL as `getLoginDetails` of the Flex SDK makes it, with the nonce `n` and the state `s`. */
export function loginUrlFor(
  { ssoProfileSid }: Sandbox,
  fields: Readonly<Record<string, string>>,
  host = 'services.twilio.com',
): string {
  const query = { nonce: 'n', codeChallenge: CODE_CHALLENGE, state: 's', ssoProfileSid, ...fields };
  return `https://${host}/v1/Flex/Authorize?${new URLSearchParams(query)}`;
}

/** What Authorize answers, or the form where it was sent to: not followed, since it leads to a page that is not there. */
export interface PageAnswer {
  status: number;
  headers: Headers;
  html: string;
  /** Where the browser is sent. */
  location: URL | undefined;
}

async function visit(url: string, init?: RequestInit): Promise<PageAnswer> {
  const response = await fetch(url, { ...init, redirect: 'manual' });
  const location = response.headers.get('location');
  return {
    status: response.status,
    headers: response.headers,
    html: await response.text(),
    location: location === null ? undefined : new URL(location, url),
  };
}

/** Opens a `loginUrl`, as a browser at the sandbox's own address. */
export const authorize = (sandbox: Sandbox, loginUrl: string): Promise<PageAnswer> =>
  visit(atSandbox(sandbox, loginUrl));

/** Presses the button of the sign-in form that has the text, as a browser would. */
export async function press(sandbox: Sandbox, loginUrl: string, text: string): Promise<PageAnswer> {
  const { html } = await authorize(sandbox, loginUrl);
  const action = /<form method="post" action="([^"]+)">/.exec(html)?.[1];
  const buttons = [...html.matchAll(/<button(?: name="user" value="([^"]*)")?>(.*?)<\/button>/gs)];
  const button = buttons.find(([, , content]) => content?.includes(text));
  if (action === undefined || button === undefined)
    throw new Error(`There is no button "${text}" on the page: ${html}`);
  const [, user] = button;
  const body = new URLSearchParams(user === undefined ? {} : { user });
  return visit(new URL(action, atSandbox(sandbox, loginUrl)).href, { method: 'POST', body });
}

/** What is meant for a host of Twilio's, at the sandbox's own address. */
export function atSandbox(sandbox: Sandbox, url: string): string {
  return url.replace(/^https:\//, sandbox.origin);
}

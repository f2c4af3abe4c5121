import { createHash } from 'node:crypto';
import type { Sandbox } from '../../sandbox/server';

/** Matches the code challenge of `loginUrlFor`. */
export const CODE_VERIFIER = 'v'.repeat(64);
const CODE_CHALLENGE = createHash('sha256').update(CODE_VERIFIER).digest('base64url');

/** Builds a login URL like `getLoginDetails` of the Flex SDK, with the nonce `n` and the state `s`. */
export function loginUrlFor(
  { ssoProfileSid }: Sandbox,
  fields: Readonly<Record<string, string>>,
  host = 'services.twilio.com',
): string {
  const query = { nonce: 'n', codeChallenge: CODE_CHALLENGE, state: 's', ssoProfileSid, ...fields };
  return `https://${host}/v1/Flex/Authorize?${new URLSearchParams(query)}`;
}

/** The response of Authorize or of its form. Redirects are not followed, because they lead to a page that does not exist. */
export interface PageAnswer {
  status: number;
  headers: Headers;
  html: string;
  /** The redirect URL. */
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

/** Opens a `loginUrl` at the sandbox, as a browser would. */
export const openAuthorize = (sandbox: Sandbox, loginUrl: string): Promise<PageAnswer> =>
  visit(atSandbox(sandbox, loginUrl));

/** Presses the button with this text in the sign-in form, as a browser would. */
export async function press(sandbox: Sandbox, loginUrl: string, text: string): Promise<PageAnswer> {
  const { html } = await openAuthorize(sandbox, loginUrl);
  const action = /<form method="post" action="([^"]+)">/.exec(html)?.[1];
  const buttons = [...html.matchAll(/<button(?: name="user" value="([^"]*)")?>(.*?)<\/button>/gs)];
  const button = buttons.find(([, , content]) => content?.includes(text));
  if (action === undefined || button === undefined)
    throw new Error(`There is no button "${text}" on the page: ${html}`);
  const [, user] = button;
  const body = new URLSearchParams(user === undefined ? {} : { user });
  return visit(new URL(action, atSandbox(sandbox, loginUrl)).href, { method: 'POST', body });
}

/** Returns the sandbox's URL for a URL of Twilio. */
export function atSandbox(sandbox: Sandbox, url: string): string {
  return url.replace(/^https:\//, sandbox.origin);
}

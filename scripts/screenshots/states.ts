import type { Page } from 'playwright-core';
import type { Scene } from './scene';

/** Brings the sign-in page into a state, in the way that a person gets it there. @returns the page that is in it */
export type State = (scene: Scene) => Promise<Page>;

const MINUTE_MS = 60_000;
/** Whose session can be renewed no further has to sign in again. */
const SESSION_MINUTES = 60;
const RENEWED_MINUTES_BEFORE_END = 5;

/** An app that is not listed in `ALLOWED_ORIGINS`. */
const APP = 'https://crm.example.com';

export const signingIn: State = async ({ open, page, service: { sandbox } }) => {
  sandbox.fault({ host: 'services', path: /OAuth\/Tokens/, hang: 'before-headers' });
  await open();
  await chooseAgent(page);
  return says(page, 'status', 'Finishing your sign-in');
};

export const signedIn: State = async (scene) => {
  const { open, page } = scene;
  await signIn(scene);
  // A fresh sign-in would go on at once; Continue is for a person who returns with a session.
  await open('?return_to=/config');
  await page.getByRole('button', { name: 'Continue' }).waitFor();
  return page;
};

export const signedOut: State = async (scene) => {
  const { page } = scene;
  await signIn(scene);
  await page.getByRole('button', { name: 'Sign out' }).click();
  return says(page, 'status', 'You are signed out');
};

export const tokenWanted: State = async ({ open, page }) => {
  await open('?mode=token');
  await page.getByLabel('Flex token').waitFor();
  return page;
};

export const declined: State = async ({ open, page }) => {
  await open();
  await page.getByRole('button', { name: 'Refuse to sign in' }).click();
  return says(page, 'alert', 'The sign-in was declined');
};

export const untrusted: State = async ({ open, page, service: { origin, sandbox } }) => {
  const answer = new URLSearchParams({
    error: 'invalid_request',
    error_description: 'The redirect URL is not among the trusted URLs of this account.',
  });
  // The sandbox never redirects to a URL that is not trusted. This simulates a Twilio that does, and says why.
  const headers = { Location: `${origin}/login.html?${answer}` };
  sandbox.fault({ host: 'services', path: /Flex\/Authorize/, status: 303, headers });
  await open();
  return says(page, 'alert', 'does not trust the URL');
};

export const notSwitchedOn: State = async ({ open, page, service: { sandbox } }) => {
  sandbox.signIn.configure({ active: false });
  await open();
  return says(page, 'alert', 'Single sign-on is not active');
};

export const ending: State = async (scene) => {
  const { page, pass, service } = scene;
  service.sandbox.signIn.configure({ sessionSeconds: SESSION_MINUTES * 60 });
  await signIn(scene);
  await pass((SESSION_MINUTES - RENEWED_MINUTES_BEFORE_END) * MINUTE_MS);
  return says(page, 'alert', 'reached its maximum length');
};

export const popupRefused: State = async ({ context, page, service }) => {
  await context.route(`${APP}/**`, (route) => route.fulfill({ contentType: 'text/html', body: '<h1>App</h1>' }));
  await page.goto(APP);
  const opened = page.waitForEvent('popup');
  await page.evaluate(`void window.open('${service.origin}/login.html?mode=popup&origin=${APP}')`);
  return says(await opened, 'alert', 'may not receive your session');
};

async function signIn({ open, page }: Scene): Promise<void> {
  await open();
  await chooseAgent(page);
  await says(page, 'status', 'Signed in as');
}

const chooseAgent = (page: Page): Promise<void> => page.getByRole('button', { name: 'Example Agent' }).click();

async function says(page: Page, role: 'status' | 'alert', text: string): Promise<Page> {
  await page.getByRole(role).filter({ hasText: text }).waitFor();
  return page;
}

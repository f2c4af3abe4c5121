import type { Page } from 'playwright-core';
import type { Scene } from './scene';

/** Brings the sign-in page into a state, in the way that a person gets it there. @returns the page that is in it */
export type State = (scene: Scene) => Promise<Page>;

const MINUTE_MS = 60_000;
/** Whose session can be renewed no further has to sign in again. */
const SESSION_MINUTES = 60;
const RENEWED_MINUTES_BEFORE_END = 5;

export const signedIn: State = async (scene) => {
  const { open, page } = scene;
  await signIn(scene);
  // A fresh sign-in would go on at once; Continue is for a person who returns with a session.
  await open('?return_to=/config');
  await page.getByRole('button', { name: 'Continue' }).waitFor();
  return page;
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

export const ending: State = async (scene) => {
  const { page, pass, service } = scene;
  service.sandbox.signIn.configure({ sessionSeconds: SESSION_MINUTES * 60 });
  await signIn(scene);
  await pass((SESSION_MINUTES - RENEWED_MINUTES_BEFORE_END) * MINUTE_MS);
  return says(page, 'alert', 'reached its maximum length');
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

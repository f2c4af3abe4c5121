import type { Page } from 'playwright-core';

/** Stops the clock of a page before it opens: no renewal is due, and no session ends, before the test lets time pass. */
export async function stopClock({ clock }: Page): Promise<void> {
  await clock.install();
  await clock.pauseAt(Date.now() + 1000);
}

/** Lets time pass on a page, a second at a time, until something has happened. */
export async function passUntil({ clock }: Page, hasHappened: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await hasHappened())) await clock.runFor(1000);
}

/** Lets time pass on a page until it makes a request to this URL. */
export async function passUntilRequest(page: Page, url: string): Promise<void> {
  let isMade = false;
  const request = page.waitForRequest(url).then(() => {
    isMade = true;
  });
  await passUntil(page, () => isMade);
  await request;
}

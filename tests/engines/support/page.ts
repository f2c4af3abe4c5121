import { setTimeout as pause } from 'node:timers/promises';
import { WAIT_LIMIT_MS } from '../../support/limits';
import type { Browser, Tab } from './engine';

// What a person sees and does, by roles and names. The same in every engine.

/** Waits until there is a result, and returns it. An error counts as none yet: a page that is being left cannot be read. */
export async function until<Result>(
  what: string,
  find: () => Promise<Result>,
): Promise<Exclude<Result, false | null | undefined>> {
  const limit = performance.now() + WAIT_LIMIT_MS;
  for (;;) {
    const result = await find().catch(() => undefined);
    if (result) return result as Exclude<Result, false | null | undefined>;
    if (performance.now() > limit) throw new Error(`Still waiting until ${what}.`);
    await pause(50);
  }
}

const text = (value: string) => JSON.stringify(value);

const textOf = (role: 'status' | 'alert') =>
  `([...document.querySelectorAll('[role=${role}]')].map((element) => element.textContent).join(' '))`;

export const says = (tab: Tab, role: 'status' | 'alert', words: string) =>
  until(`the ${role} of the page says "${words}"`, () => tab.evaluate(`${textOf(role)}.includes(${text(words)})`));

/** The place of a visible button or link whose name begins with these words, or else null. */
const placeOf = (name: string) => `(() => {
  const element = [...document.querySelectorAll('button, a, summary')].find((element) =>
    element.textContent.trim().startsWith(${text(name)}) && element.getClientRects().length > 0);
  if (!element) return null;
  element.scrollIntoView({ block: 'center' });
  const { x, y, width, height } = element.getBoundingClientRect();
  return { x: x + width / 2, y: y + height / 2 };
})()`;

export const shows = (tab: Tab, name: string) =>
  until(`there is a button "${name}"`, () => tab.evaluate<{ x: number; y: number } | null>(placeOf(name)));

/** Presses a button with the mouse, as soon as it is there. */
export async function click(tab: Tab, name: string): Promise<void> {
  const { x, y } = await shows(tab, name);
  await tab.click(x, y);
}

/** Presses Tab until a button has the focus, then Enter. */
export async function pressByKeyboard(tab: Tab, name: string): Promise<void> {
  await shows(tab, name);
  for (let presses = 0; presses < 30; presses++) {
    await tab.press('Tab');
    const focused = await tab.evaluate<string>(`document.activeElement.textContent.trim()`);
    if (focused.startsWith(name) && (await tab.evaluate(`document.activeElement.matches('button, a, summary')`))) {
      await tab.press('Enter');
      return;
    }
  }
  throw new Error(`The keyboard does not reach "${name}".`);
}

/** Goes back, once the driver has its response: some wait forever for one from a page that is being left. */
export const goBack = (tab: Tab): Promise<void> => tab.evaluate('void setTimeout(() => history.back())');

/** Types into the field that has the focus or the label. */
export async function fill(tab: Tab, label: string, value: string): Promise<void> {
  const field = `[...document.querySelectorAll('label')].find((label) => label.textContent.trim() === ${text(label)})?.control`;
  await until(`there is a field "${label}"`, () => tab.evaluate(`Boolean(${field}?.getClientRects().length)`));
  await tab.evaluate(`void ${field}.focus()`);
  await tab.type(value);
  await until(`the field "${label}" is filled`, () => tab.evaluate(`${field}.value === ${text(value)}`));
}

/** The session that the page keeps, as far as a test needs it. */
export const storedSession = (tab: Tab): Promise<{ accessToken: string } | null> =>
  tab.evaluate(`JSON.parse(sessionStorage.getItem('flex-auth:session'))`);

/** Waits for the tab that something has opened. */
export async function openedTab(browser: Browser, before: readonly Tab[]): Promise<Tab> {
  return until('another window is open', async () =>
    (await browser.tabs()).find(({ id }) => !before.some((known) => known.id === id)),
  );
}

/** Describes what every tab shows, for a test that fails. */
export async function describeTabs(browser: Browser): Promise<string> {
  const tabs = await browser.tabs();
  const descriptions = tabs.map(async (tab) => {
    const words = tab.evaluate<string>('document.body.innerText');
    const shown = await words.catch((error: Error) => `cannot be read: ${error.message}`);
    return `The page at ${await tab.url().catch(() => 'an unknown URL')} shows:\n${shown}`;
  });
  return (await Promise.all(descriptions)).join('\n\n');
}

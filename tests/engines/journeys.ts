import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startTogether } from '../support/start-together';
import type { Browser, Engine, Tab } from './support/engine';
import {
  click,
  describeTabs,
  fill,
  goBack,
  openedTab,
  pressByKeyboard,
  says,
  shows,
  storedSession,
  until,
} from './support/page';
import { type SandboxService, startSandboxService } from './support/service';
import { type EngineSite, startEngineSite } from './support/site';

const PICTURES = resolve(__dirname, '../../reports/engines');
const SIGNED_IN = 'Signed in as agent@example.com';
const AGENT = 'Example Agent';

/** The main journeys of the sign-in page, in one engine, each in a browser without storage. They leave pictures in `reports/engines`. */
export function describeJourneys(name: string, start: () => Promise<Engine>): void {
  let engine: Engine;
  let service: SandboxService;
  let site: EngineSite | undefined;
  let browser: Browser | undefined;
  let tab: Tab;

  // A WebDriver loses a command now and then. The first failure is printed too.
  jest.retryTimes(1, { logErrorsBeforeRetry: true });

  beforeAll(async () => {
    mkdirSync(PICTURES, { recursive: true });
    [engine, service] = await startTogether(start(), startSandboxService());
    site = await startEngineSite(service);
  });
  afterAll(async () => {
    await engine?.close();
    await site?.close();
    await service?.close();
  });
  beforeEach(async () => {
    service.sandbox.reset();
    browser = await engine.open();
    tab = browser.tab;
  });
  afterEach(() => browser?.close());

  /** A test that says what the page showed if it fails. */
  const journey = (title: string, go: () => Promise<void>) =>
    it(title, async () => {
      try {
        await go();
      } catch (error) {
        if (error instanceof Error && browser !== undefined) error.message += `\n\n${await describeTabs(browser)}`;
        throw error;
      }
    });
  const picture = (of: string) => tab.screenshot(join(PICTURES, `${name}: ${of}.png`.replaceAll(/[: ]+/g, '-')));

  const open = (query = '') => tab.goTo(`${service.origin}/login.html${query}`);
  const signIn = async (query = '') => {
    await open(query);
    await click(tab, AGENT);
    await says(tab, 'status', SIGNED_IN);
  };
  const isLive = (at = tab) => at.evaluate<boolean>('Boolean(globalThis.flexAuth?.client)');
  const opened = async (): Promise<readonly Tab[]> => (await browser?.tabs()) ?? [];
  const openedSince = (before: readonly Tab[]) => {
    if (browser === undefined) throw new Error('No browser is open.');
    return openedTab(browser, before);
  };

  describe(`In ${name}, the sign-in page`, () => {
    journey('leads from its bare URL to single sign-on and back to a live client', async () => {
      await signIn();
      expect(await isLive()).toBe(true);
      expect(await tab.url()).toBe(`${service.origin}/login.html`);
      await picture('signed in');
    });

    journey('stays signed in when it is reloaded', async () => {
      await signIn();
      await tab.reload();
      await says(tab, 'status', SIGNED_IN);
      expect(await isLive()).toBe(true);
    });

    journey('waits for the button after a sign-out, also when it is reloaded', async () => {
      await signIn();
      await click(tab, 'Sign out');
      await shows(tab, 'Sign in with SSO');
      expect(await storedSession(tab)).toBeNull();
      await tab.reload();
      await click(tab, 'Sign in with SSO');
      await click(tab, AGENT);
      await says(tab, 'status', SIGNED_IN);
    });

    journey('signs in with a pasted token', async () => {
      await open('?mode=token');
      await fill(tab, 'Flex token', await service.sandbox.tokenFor('agent'));
      await picture('token');
      await click(tab, 'Use this token');
      await says(tab, 'status', SIGNED_IN);
      expect(await isLive()).toBe(true);
    });

    journey('goes to return_to after a fresh sign-in', async () => {
      await open('?return_to=/config');
      await click(tab, AGENT);
      await until('the page is left', async () => (await tab.url()) === `${service.origin}/config`);
    });

    journey('hands the session to an app on another origin, from a popup that closes', async () => {
      await tab.goTo(`${site?.origin}/`);
      const before = await opened();
      await click(tab, 'Sign in');
      const popup = await openedSince(before);
      await click(popup, AGENT);
      await says(tab, 'status', `${SIGNED_IN}, with a token`);
      await until('the popup is closed', async () => (await opened()).length === before.length);
    });

    journey('renews the session ahead of its expiry', async () => {
      service.sandbox.signIn.configure({ accessTokenSeconds: 20 });
      await signIn();
      const first = await storedSession(tab);
      await until('the session is renewed', async () => (await storedSession(tab))?.accessToken !== first?.accessToken);
      await says(tab, 'status', SIGNED_IN);
      expect(await isLive()).toBe(true);
    });

    journey('shares its session with a second tab: each renewal, and the sign-out', async () => {
      service.sandbox.signIn.configure({ accessTokenSeconds: 20 });
      await signIn();
      const before = await opened();
      // A link that a person clicks is never blocked.
      await tab.evaluate(`void document.body.append(Object.assign(document.createElement('button'), {
        textContent: 'Another tab', onclick: () => window.open('login.html'),
      }))`);
      await click(tab, 'Another tab');
      const second = await openedSince(before);
      await says(second, 'status', SIGNED_IN);
      const first = await storedSession(tab);
      await until(
        'the first tab is renewed',
        async () => (await storedSession(tab))?.accessToken !== first?.accessToken,
      );
      await until(
        'both tabs have the same session',
        async () => (await storedSession(second))?.accessToken === (await storedSession(tab))?.accessToken,
      );
      expect(await isLive(second)).toBe(true);
      await click(second, 'Sign out');
      await shows(tab, 'Sign in with SSO');
      expect(await storedSession(tab)).toBeNull();
    });

    journey('renews an expired session once if two tabs load it at the same time', async () => {
      await signIn();
      // A page of the same site that leaves the session alone.
      await tab.goTo(`${service.origin}/flex-auth.js`);
      await tab.evaluate(`void (() => {
        const session = JSON.parse(sessionStorage.getItem('flex-auth:session'));
        const expiresAt = new Date(Date.now() - 60_000).toISOString();
        sessionStorage.setItem('flex-auth:session', JSON.stringify({ ...session, expiresAt }));
        document.body.append(Object.assign(document.createElement('button'), {
          textContent: 'Open both', onclick() { open('login.html'); location.href = 'login.html'; },
        }));
      })()`);
      service.sandbox.requests.splice(0);
      const before = await opened();
      await click(tab, 'Open both');
      const second = await openedSince(before);
      for (const each of [tab, second]) await says(each, 'status', SIGNED_IN);
      expect((await storedSession(second))?.accessToken).toBe((await storedSession(tab))?.accessToken);
      const exchanges = service.sandbox.requests.filter(({ path }) => path.endsWith('/OAuth/Tokens'));
      expect(exchanges).toHaveLength(1);
    });

    journey('leads back to where the person came from, not into another redirect', async () => {
      await tab.goTo(`${site?.origin}/`);
      await click(tab, 'Go to the sign-in page');
      await shows(tab, AGENT);
      await goBack(tab);
      await says(tab, 'status', 'Signed out');
      expect(await tab.url()).toBe(`${site?.origin}/`);
    });

    journey('says that the sign-in was refused, and signs in at the next try', async () => {
      await open();
      await click(tab, 'Refuse to sign in');
      await until('the alert says why', async () =>
        tab.evaluate(`/\\w/.test(document.querySelector('[role=alert]').textContent)`),
      );
      await picture('refused');
      await click(tab, 'Sign in with SSO');
      await click(tab, AGENT);
      await says(tab, 'status', SIGNED_IN);
    });

    journey('fits into 320 pixels', async () => {
      await tab.resize(320, 640);
      await until('the window is narrow', () => tab.evaluate('innerWidth === 320'));
      await signIn();
      expect(await tab.evaluate('[innerWidth, document.documentElement.scrollWidth]')).toEqual([320, 320]);
      await picture('narrow');
    });

    journey('works with the keyboard alone', async () => {
      await open();
      await pressByKeyboard(tab, AGENT);
      await says(tab, 'status', SIGNED_IN);
      await pressByKeyboard(tab, 'Sign out');
      await shows(tab, 'Sign in with SSO');
      await picture('signed out by keyboard');
      await pressByKeyboard(tab, 'Sign in with SSO');
      await pressByKeyboard(tab, AGENT);
      await says(tab, 'status', SIGNED_IN);
    });
  });
}

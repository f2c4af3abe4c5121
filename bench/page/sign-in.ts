import type { Browser, CDPSession } from 'playwright-core';
import type { Sandbox } from '../../sandbox/server';
import type { PageServer, Sent } from './page-server';
import type { SignInPage } from './pages';
import { passIdentityProvider, routeToSandbox } from './sandbox-route';
import { throttle } from './throttling';

/** One of the two times that a sign-in loads the page: to be sent away, and to come back. */
export interface Load {
  /** From its navigation until that to the identity provider, or until the client is live. */
  readonly ms: number;
  /** By the page's own server. */
  readonly sent: Sent;
  /** What was asked of Twilio by `fetch`, preflights aside. */
  readonly twilioRequests: number;
}

export interface SignIn {
  readonly before: Load;
  readonly after: Load;
}

export interface SignInOptions {
  readonly page: SignInPage;
  readonly server: PageServer;
  readonly sandbox: Sandbox;
  /** Whether the browser still has the files of the first load at the second. */
  readonly areFilesKept: boolean;
}

const LIVE = 'live at ';

/**
 * Signs in once, with a fresh profile of the browser, throttled. The time at the identity provider is not counted.
 *
 * @throws {Error} where no client is live within 30 s
 */
export async function signIn(browser: Browser, options: SignInOptions): Promise<SignIn> {
  const { page, server, sandbox, areFilesKept } = options;
  const takeCounts = () => ({ sent: server.takeSent(), twilioRequests: sandbox.requests.splice(0).length });
  const context = await browser.newContext();
  try {
    const tab = await context.newPage();
    const devTools = await context.newCDPSession(tab);
    await throttle(devTools);
    const navigatedAtMs = recordNavigations(devTools);
    await tab.addInitScript(
      `addEventListener('${page.liveEvent}', () => console.info('${LIVE}' + (performance.timeOrigin + performance.now())))`,
    );

    let before: Omit<Load, 'ms'> | undefined;
    const failed = routeToSandbox(devTools, sandbox, async (loginUrl) => {
      before = takeCounts();
      const address = await passIdentityProvider(sandbox, loginUrl);
      sandbox.requests.length = 0;
      if (!areFilesKept) await devTools.send('Network.clearBrowserCache');
      return address;
    });
    const becameLive = tab.waitForEvent('console', (message) => message.text().startsWith(LIVE));
    const opened = tab.goto(server.origin + page.path, { waitUntil: 'commit' });
    const [message] = await Promise.race([Promise.all([becameLive, opened]), failed]);
    const after = takeCounts();

    const [openedAtMs, leftAtMs, returnedAtMs, another] = navigatedAtMs;
    const isWhole = openedAtMs !== undefined && leftAtMs !== undefined && returnedAtMs !== undefined;
    if (before === undefined || !isWhole || another !== undefined) {
      throw new Error(`It made ${navigatedAtMs.length} navigations instead of 3`);
    }
    const liveAtMs = Number(message.text().slice(LIVE.length));
    return { before: { ...before, ms: leftAtMs - openedAtMs }, after: { ...after, ms: liveAtMs - returnedAtMs } };
  } catch (error) {
    throw new Error(`${page.name} did not sign in`, { cause: error });
  } finally {
    await context.close();
  }
}

/** @returns the milliseconds since the epoch at which each document was asked for; more are added as they are */
function recordNavigations(devTools: CDPSession): readonly number[] {
  const navigatedAtMs: number[] = [];
  devTools.on('Network.requestWillBeSent', ({ type, wallTime }) => {
    if (type === 'Document') navigatedAtMs.push(wallTime * 1000);
  });
  return navigatedAtMs;
}

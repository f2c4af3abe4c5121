import { setTimeout as sleep } from 'node:timers/promises';
import type { BrowserContext, CDPSession } from 'playwright-core';
import type { Sandbox } from '../../sandbox/server';
import type { PageServer, Sent } from './page-server';
import type { SignInPage } from './pages';
import { passIdentityProvider, routeToSandbox } from './sandbox-route';
import { throttle } from './throttling';

/** One of the two page loads of a sign-in: before the redirect, and after the return. */
export interface Load {
  /** From the navigation until the redirect, or until the client is live. */
  readonly ms: number;
  /** Sent by the page's server. */
  readonly sent: Sent;
  /** Requests to Twilio by `fetch`, without preflights. */
  readonly twilioRequests: number;
}

export interface MeasuredSignIn {
  readonly before: Load;
  readonly after: Load;
}

export interface MeasuredSignInOptions {
  readonly page: SignInPage;
  readonly server: PageServer;
  readonly sandbox: Sandbox;
  /** How long the person is at the identity provider. Not counted. */
  readonly awayMs: number;
  /** Whether the browser keeps the files of the first load for the second. */
  readonly isCached: boolean;
}

const LIVE = 'live at ';

/**
 * Signs in once, throttled, in a new tab.
 *
 * @throws {Error} if no client is live within 30 s
 */
export async function measureSignIn(context: BrowserContext, options: MeasuredSignInOptions): Promise<MeasuredSignIn> {
  const { page, server, sandbox, awayMs, isCached } = options;
  const takeCounts = () => ({ sent: server.takeSent(), twilioRequests: sandbox.requests.splice(0).length });
  const tab = await context.newPage();
  try {
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
      await sleep(awayMs);
      sandbox.requests.length = 0;
      if (!isCached) await devTools.send('Network.clearBrowserCache');
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
    await tab.close();
  }
}

/** @returns the milliseconds since the epoch of each document request; later ones are added to the list */
function recordNavigations(devTools: CDPSession): readonly number[] {
  const navigatedAtMs: number[] = [];
  devTools.on('Network.requestWillBeSent', ({ type, wallTime }) => {
    if (type === 'Document') navigatedAtMs.push(wallTime * 1000);
  });
  return navigatedAtMs;
}

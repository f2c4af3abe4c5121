import type { BrowserContext, Route } from 'playwright-core';
import type { Sandbox } from './server';
import { isTwilioHost } from './twilio-hosts';

/**
 * Routes a browser's requests to `https://*.twilio.com`, pages and forms included, to the sandbox. The page under test is
 * therefore the one that would be deployed: it knows nothing of a sandbox.
 */
export async function leadTwilioToSandbox(context: BrowserContext, sandbox: Sandbox): Promise<void> {
  await context.route(
    (url) => url.protocol === 'https:' && isTwilioHost(url.hostname),
    (route) => passOn(route, sandbox),
  );
}

async function passOn(route: Route, sandbox: Sandbox): Promise<void> {
  const { hostname, pathname, search } = new URL(route.request().url());
  try {
    const response = await route.fetch({
      url: `${sandbox.origin}/${hostname}${pathname}${search}`,
      // The browser follows redirects, and decides how long to wait.
      maxRedirects: 0,
      timeout: 0,
    });
    await route.fulfill({ response });
  } catch {
    // The connection broke, or the page was closed and no longer waits for a response.
    await route.abort('connectionreset').catch(() => undefined);
  }
}

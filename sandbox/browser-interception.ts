import type { BrowserContext, Route } from 'playwright-core';
import type { Sandbox } from './server';
import { isTwilioHost } from './twilio-hosts';

/**
 * Leads what a browser asks of `https://*.twilio.com`, pages and forms included, to the sandbox. So the page that is
 * tested is the one that would be deployed: it knows nothing of a sandbox.
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
      // Redirects are the browser's business, and so is how long it waits.
      maxRedirects: 0,
      timeout: 0,
    });
    await route.fulfill({ response });
  } catch {
    // The connection broke; or the page is gone, and there is nobody left to tell.
    await route.abort('connectionreset').catch(() => undefined);
  }
}

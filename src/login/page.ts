import type { Client } from './client';
import { createConfiguration, type Settings } from './configuration';
import { Failure } from './failure';
import { createFlow } from './flow';
import type { ClientPart, Flow } from './flow-edges';
import type { Live } from './live';
import { exchangeToken, getAuthenticationConfig, getLoginDetails, refreshToken, validateToken } from './sdk';
import { atTwilio } from './twilio-hosts';
import { createView } from './view';

/** What is known of the account since the build; see `build/login-bundle.ts`. */
declare const BAKED_SETTINGS: Settings | undefined;
declare const CLIENT_PARTS: { plain: string; telemetry: string };

declare global {
  interface Window {
    __TWILIO_FLEX_SDK__?: { environmentConfig: { region?: string; edge?: string } };
    flexAuth?: Readonly<Pick<Live<Client>, 'client' | 'session'> & { signOut(): void }>;
  }
}

if (window.top === window.self) start();
else document.documentElement.dataset.framed = 'true';

function start(): void {
  document.documentElement.dataset.top = 'true';
  const url = new URL(location.href);
  let leaving = false;
  let settingsInUse: Settings | undefined;

  const now = () => Date.now();
  const timers = {
    after(delayMs: number, run: () => void) {
      const id = setTimeout(run, delayMs);
      return () => clearTimeout(id);
    },
  };

  // Without a store there is no flow, and what helps is to load the page again once the browser allows one.
  const reload = async () => location.reload();
  let flow: Flow = { open: reload, signIn: reload, useToken: reload, signOut: reload, goOn: reload, check() {} };
  const view = createView(document, {
    signIn: () => void flow.signIn(),
    signOut: () => flow.signOut(),
    useToken: () => void flow.useToken(view.token),
    goOn: () => flow.goOn(),
    copyToken: () => void copyToken(),
  });

  const stores = openStores();
  if (!stores) {
    view.failed(new Failure('storage'), undefined);
    return;
  }

  const configuration = createConfiguration({
    baked: BAKED_SETTINGS,
    cache: stores.local,
    now,
    timers,
    async fetchConfig() {
      const answer = await fetch(new URL('config', url), { headers: { Accept: 'application/json' } });
      if (!answer.ok) throw new Failure('settings');
      return answer.json();
    },
    getAuthenticationConfig,
    use(settings) {
      settingsInUse = settings;
      const { region, edge } = settings;
      window.__TWILIO_FLEX_SDK__ = { environmentConfig: { ...(region && { region }), ...(edge && { edge }) } };
    },
  });

  flow = createFlow<Client>({
    ...{ url, configuration, view, now, timers, storage: stores.session },
    sdk: { getLoginDetails, exchangeToken, refreshToken, validateToken },
    opener: window.opener,
    replaceAddress: (address) => history.replaceState(history.state, '', address),
    // Replaces this page in the history: "back" leads to where the person came from, not into another redirect.
    leave(address) {
      leaving = true;
      location.replace(atTwilio(address));
    },
    async loadClientPart(settings): Promise<ClientPart<Client>> {
      try {
        return await import(clientPart(settings));
      } catch {
        throw new Failure('incomplete');
      }
    },
    fetchAhead: () => whenIdle(() => preload(clientPart(settingsInUse))),
    closeWindow: () => window.close(),
    announce(live, event) {
      if (live) window.flexAuth = flexAuthOf(live, () => flow.signOut());
      else delete window.flexAuth;
      if (event) window.dispatchEvent(new Event(`flex-auth:${event}`));
    },
  });

  async function copyToken(): Promise<void> {
    try {
      await navigator.clipboard.writeText(window.flexAuth?.session.accessToken ?? '');
      view.say('The token is copied.');
    } catch {
      view.warn(new Failure('copy'));
    }
  }

  window.addEventListener('online', () => flow.check());
  document.addEventListener('visibilitychange', () => flow.check());
  window.addEventListener('pageshow', ({ persisted }) => {
    // Back from the identity provider, as it was when it left: there is nothing that would go on by itself.
    if (persisted && leaving) location.reload();
    else flow.check();
  });

  void flow.open();
}

function flexAuthOf(live: Live<Client>, signOut: () => void): NonNullable<Window['flexAuth']> {
  return {
    client: live.client,
    get session() {
      return live.session;
    },
    signOut,
  };
}

function clientPart(settings: Settings | undefined): string {
  return settings?.telemetry ? CLIENT_PARTS.telemetry : CLIENT_PARTS.plain;
}

function preload(href: string): void {
  const link = document.createElement('link');
  Object.assign(link, { rel: 'modulepreload', href, fetchPriority: 'low' });
  document.head.append(link);
}

function whenIdle(run: () => void): void {
  if ('requestIdleCallback' in window) window.requestIdleCallback(run);
  else setTimeout(run, 1000);
}

/** `undefined` where the browser is told to keep nothing for this site: reading the property alone throws then. */
function openStores(): { session: Storage; local: Storage } | undefined {
  try {
    return { session: window.sessionStorage, local: window.localStorage };
  } catch {
    return undefined;
  }
}

import { serverNow, syncServerTime } from '../client/flex-auth';
import { RENEWED_EVENT, SESSION_CHANNEL, SIGNED_IN_EVENT } from '../contract/messages';
import { createConfiguration } from './account/configuration';
import type { PageSettings } from './account/page-settings';
import { aloneAmongTabs, canShareBetweenTabs, hashText } from './browser/tabs';
import type { Timers } from './browser/time';
import type { Client } from './client-part';
import { STEP_LIMIT_MS } from './failures/deadline';
import { Failure } from './failures/failure';
import { createFlow } from './flow';
import type { ClientPart, Flow } from './flow-edges';
import './sdk/patient-fetch';
import { exchangeToken, getAuthenticationConfig, getLoginDetails, refreshToken, validateToken } from './sdk/sdk';
import { atTwilio } from './sdk/twilio-hosts';
import type { LiveSession } from './session/live-session';
import { createSharing, type Sharing, unshared } from './session/sharing';
import { createView } from './view/view';

/** The settings known at build time; see `build/baked-settings.ts`. */
declare const BAKED_SETTINGS: PageSettings | undefined;
declare const CLIENT_PARTS: { plain: string; telemetry: string };

declare global {
  interface Window {
    __TWILIO_FLEX_SDK__?: { environmentConfig: { region?: string; edge?: string } };
    flexAuth?: Readonly<Pick<LiveSession<Client>, 'client' | 'session'> & { signOut(): void }>;
  }
}

if (window.top === window.self) start();
else document.documentElement.dataset.framed = 'true';

function start(): void {
  document.documentElement.dataset.top = 'true';
  const url = new URL(location.href);
  let isLeaving = false;
  let failedLoads = 0;
  let appliedSettings: PageSettings | undefined;

  const timers = {
    after(delayMs: number, run: () => void) {
      const id = setTimeout(run, delayMs);
      return () => clearTimeout(id);
    },
  };

  // There is no flow without a store. Reloading helps once the browser allows one.
  const reload = async () => location.reload();
  let flow: Flow = { open: reload, signIn: reload, useToken: reload, signOut: reload, goOn: reload, check() {} };
  const view = createView(document, {
    signIn: () => void flow.signIn(),
    signOut: () => flow.signOut(),
    useToken: () => void flow.useToken(view.token),
    goOn: () => flow.goOn(),
    copyToken: () => void copyToken(),
  });

  const storage = openStorage();
  if (!storage) {
    view.failed(new Failure('storage'), undefined);
    return;
  }

  const configuration = createConfiguration({
    baked: BAKED_SETTINGS,
    timers,
    async fetchConfig(signal) {
      const response = await fetch(new URL('config', url), {
        headers: { Accept: 'application/json' },
        cache: 'no-store',
        signal,
      });
      if (!response.ok) throw new Failure('settings');
      return response.json();
    },
    getAuthenticationConfig,
    apply(settings) {
      appliedSettings = settings;
      const { region, edge } = settings;
      window.__TWILIO_FLEX_SDK__ = { environmentConfig: { ...(region && { region }), ...(edge && { edge }) } };
    },
  });

  flow = createFlow<Client>({
    url,
    configuration,
    view,
    now: serverNow,
    syncTime: syncServerTime,
    sharing: openSharing(timers),
    timers,
    storage,
    sdk: { getLoginDetails, exchangeToken, refreshToken, validateToken },
    opener: window.opener,
    replaceUrl: (clean) => history.replaceState(history.state, '', clean),
    // Replaces this page in the history: "back" leads to where the person came from, not into another redirect.
    leave(target) {
      isLeaving = true;
      location.replace(atTwilio(target));
    },
    async loadClientPart(settings): Promise<ClientPart<Client>> {
      const giveUp = () => {
        failedLoads += 1;
      };
      const cancel = timers.after(STEP_LIMIT_MS, giveUp);
      try {
        // Another URL for each try: an import that failed or hangs would be shared with the next one.
        return await import(clientPart(settings) + (failedLoads ? `?try=${failedLoads}` : ''));
      } catch {
        giveUp();
        throw new Failure('incomplete');
      } finally {
        cancel();
      }
    },
    fetchAhead: () => whenIdle(() => preload(clientPart(appliedSettings))),
    closeWindow: () => window.close(),
    announce(live, event) {
      if (live) window.flexAuth = flexAuthOf(live, () => flow.signOut());
      else delete window.flexAuth;
      if (event) window.dispatchEvent(new Event(event === 'renewed' ? RENEWED_EVENT : SIGNED_IN_EVENT));
    },
  });

  async function copyToken(): Promise<void> {
    try {
      await navigator.clipboard.writeText(window.flexAuth?.session.accessToken ?? '');
      view.say('Token copied.');
    } catch {
      view.warn(new Failure('copy'));
    }
  }

  window.addEventListener('online', () => flow.check());
  document.addEventListener('visibilitychange', () => flow.check());
  window.addEventListener('pageshow', ({ persisted }) => {
    // Restored as it was when it left for the identity provider: nothing would continue by itself.
    if (persisted && isLeaving) location.reload();
    else flow.check();
  });

  void flow.open();
}

function flexAuthOf(live: LiveSession<Client>, signOut: () => void): NonNullable<Window['flexAuth']> {
  return {
    client: live.client,
    get session() {
      return live.session;
    },
    signOut,
  };
}

function clientPart(settings: PageSettings | undefined): string {
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

function openSharing(timers: Timers): Sharing {
  try {
    // `localStorage` throws or is `null` if the browser stores nothing.
    const record = window.localStorage;
    if (!record || !canShareBetweenTabs()) return unshared;
    return createSharing({
      timers,
      record,
      channel: new BroadcastChannel(SESSION_CHANNEL),
      alone: aloneAmongTabs,
      hash: hashText,
    });
  } catch {
    return unshared;
  }
}

/** Returns `undefined` if the browser stores nothing for this site: reading the property throws then, or gives `null`. */
function openStorage(): Storage | undefined {
  try {
    return window.sessionStorage ?? undefined;
  } catch {
    return undefined;
  }
}

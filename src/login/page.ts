import { serverNow, syncServerTime } from '../client/flex-auth';
import { RENEWED_EVENT, SIGNED_IN_EVENT } from '../contract/messages';
import { createConfiguration } from './account/configuration';
import type { PageSettings } from './account/page-settings';
import { importPart, preloadPart } from './browser/import-part';
import { browserTimers } from './browser/time';
import type { Client } from './client-part';
import { STEP_LIMIT_MS } from './failures/deadline';
import { Failure } from './failures/failure';
import { createFlow } from './flow';
import type { Flow } from './flow-edges';
import './sdk/patient-fetch';
import './sdk/token-info-once';
import { exchangeToken, getAuthenticationConfig, getLoginDetails, validateToken } from './sdk/sdk';
import { atTwilio } from './sdk/twilio-hosts';
import type { ClientPart } from './session/client-part';
import type { LiveSession } from './session/live-session';
import { createView } from './view/view';
import { withoutResponse } from './visit/visit';

/** The settings known at build time, as JSON; see `build/baked-settings.ts`. */
declare const BAKED_SETTINGS: string | undefined;
declare const CLIENT_PART: string;
declare const CLIENT_PART_WITH_TELEMETRY: string;

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
  const replaceUrl = (other: string) => history.replaceState(history.state, '', other);
  replaceUrl(withoutResponse(url));
  let isLeaving = false;
  let appliedSettings: PageSettings | undefined;

  // There is no flow without a store. Reloading helps once the browser allows one.
  const reload = async () => location.reload();
  let flow: Flow = { open: reload, signIn: reload, useToken: reload, signOut: reload, goOn: reload };
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
    baked: BAKED_SETTINGS && JSON.parse(BAKED_SETTINGS),
    timers: browserTimers,
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
    deviceNow: Date.now,
    syncTime: syncServerTime,
    timers: browserTimers,
    storage,
    sdk: { getLoginDetails, exchangeToken, validateToken },
    opener: window.opener,
    replaceUrl,
    // Replaces this page in the history: "back" leads to where the person came from, not into another redirect.
    leave(target) {
      isLeaving = true;
      location.replace(atTwilio(target));
    },
    async loadClientPart(settings) {
      try {
        return await importPart<ClientPart<Client>>(clientPart(settings), STEP_LIMIT_MS);
      } catch {
        throw new Failure('incomplete');
      }
    },
    fetchAhead: () => whenIdle(() => preloadPart(clientPart(appliedSettings))),
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

  window.addEventListener('pageshow', ({ persisted }) => {
    // Restored as it was. When it left for the identity provider, nothing would continue by itself. When it was signed in, another
    // tab may have signed out meanwhile: this one has heard nothing.
    if (persisted && (isLeaving || window.flexAuth)) location.reload();
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
  return settings?.telemetry ? CLIENT_PART_WITH_TELEMETRY : CLIENT_PART;
}

function whenIdle(run: () => void): void {
  if ('requestIdleCallback' in window) window.requestIdleCallback(run);
  else setTimeout(run, 1000);
}

/** Returns `undefined` if the browser stores nothing for this site: reading the property throws then, or gives `null`. */
function openStorage(): Storage | undefined {
  try {
    return window.sessionStorage ?? undefined;
  } catch {
    return undefined;
  }
}

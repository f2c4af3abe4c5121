import log from 'loglevel';
import { keepRenewed, syncServerTime } from '../client/flex-auth';
import { SESSION_CHANNEL } from '../contract/messages';
import type { PageSettings } from './account/page-settings';
import { aloneAmongTabs, canShareBetweenTabs, hashText } from './browser/tabs';
import { browserTimers } from './browser/time';
import { Failure } from './failures/failure';
import { createRedaction, redactingFactory } from './sdk/redaction';
import { type Client, createClient, refreshToken } from './sdk/sdk';
import { createClientPart } from './session/client-part';
import type { ClientFactory } from './session/live-session';
import { createSharing, type Sharing, unshared } from './session/sharing';
import './sdk/twilio-hosts';

export type { Client };

// The SDK logs the whole token at level `debug`. Its loggers use this factory when they are created.
const redaction = createRedaction();
log.methodFactory = redactingFactory(log.methodFactory, redaction);

let syncing: Promise<void> | undefined;
const syncTime = () => {
  syncing ??= syncServerTime().finally(() => {
    syncing = undefined;
  });
  return syncing;
};
// While the code is exchanged.
void syncTime();

const factory: ClientFactory<Client> = {
  create(token: string, settings: PageSettings): Promise<Client> {
    redaction.hide(token);
    return createClient(token, {
      // The default, but required: the SDK otherwise reuses the options of an earlier client on the page.
      session: { autoUpdateToken: false },
      logger: { level: settings.logLevel },
      telemetryOptions: { disabled: !settings.telemetry },
      appName: 'flex-sdk-sign-in',
    });
  },
  update(client: Client, token: string): void {
    redaction.hide(token);
    client.updateToken(token);
  },
  syncTime,
  keepRenewed,
};

function openSharing(): Sharing {
  try {
    // `localStorage` throws or is `null` if the browser stores nothing.
    const record = window.localStorage;
    if (!record || !canShareBetweenTabs()) return unshared;
    return createSharing({
      timers: browserTimers,
      record,
      channel: new BroadcastChannel(SESSION_CHANNEL),
      alone: (name, task) => aloneAmongTabs(name, task, new Failure('too-slow')),
      hash: hashText,
    });
  } catch {
    return unshared;
  }
}

export const { startAhead, startSession, resumeSession, signOut, signInAgain } = createClientPart(factory, {
  refreshToken,
  sharing: openSharing(),
});

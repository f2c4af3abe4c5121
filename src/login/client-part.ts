import log from 'loglevel';
import { keepRenewed, syncServerTime } from '../client/flex-auth';
import type { PageSettings } from './account/page-settings';
import { createRedaction, redactingFactory } from './sdk/redaction';
import { type Client, createClient } from './sdk/sdk';
import {
  type ClientFactory,
  type LiveSession,
  type LiveSessionEvents,
  type LiveSessionTools,
  startLiveSession,
} from './session/live-session';
import type { Session } from './session/session';
import './sdk/twilio-hosts';

export type { Client };

// The SDK logs the whole token at level `debug`. Its loggers use this factory when they are created.
const redaction = createRedaction();
log.methodFactory = redactingFactory(log.methodFactory, redaction);

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
  syncTime: syncServerTime,
  keepRenewed,
};

/** Starts the Flex client and keeps its session renewed for as long as the page is open. */
export function startSession(
  tools: LiveSessionTools,
  session: Session,
  settings: PageSettings,
  events: LiveSessionEvents,
): Promise<LiveSession<Client>> {
  return startLiveSession(factory, tools, session, settings, events);
}

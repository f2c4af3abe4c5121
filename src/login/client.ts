import log from 'loglevel';
import type { Settings } from './configuration';
import { goLive as goLiveWith, type Live, type LiveEdges } from './live';
import { createRedaction, redactingFactory } from './redaction';
import { type Client, createClient } from './sdk';
import type { Session } from './session';
import './twilio-hosts';

export type { Client };

// The SDK logs the token as it is at level `debug`. Its loggers take over this factory when they are made.
const redaction = createRedaction();
log.methodFactory = redactingFactory(log.methodFactory, redaction);

/** Starts the Flex client and keeps its session renewed, for as long as the page is open. */
export function goLive(edges: LiveEdges, session: Session, settings: Settings): Promise<Live<Client>> {
  return goLiveWith({ startClient, updateClient }, edges, session, settings);
}

/** A live Flex client for the token. It does not renew itself: see `renewal.ts`. */
function startClient(token: string, settings: Settings): Promise<Client> {
  redaction.hide(token);
  return createClient(token, {
    // Said even though it is the default: options of an earlier client on the page would be taken over otherwise.
    session: { autoUpdateToken: false },
    logger: { level: settings.logLevel },
    telemetryOptions: { disabled: !settings.telemetry },
    appName: 'flex-sdk-sign-in',
  });
}

function updateClient(client: Client, token: string): void {
  redaction.hide(token);
  client.updateToken(token);
}

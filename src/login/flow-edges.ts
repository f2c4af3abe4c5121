import type { Configuration } from './account/configuration';
import type { PageSettings } from './account/page-settings';
import type { KeyValueStore } from './browser/store';
import type { Clock } from './browser/time';
import type { ClientPart } from './session/client-part';
import type { SessionTools } from './session/create-session';
import type { LiveSession } from './session/live-session';
import type { CodeExchange } from './sso/finish-sign-in';
import type { SignInStart } from './sso/start-sign-in';
import type { View } from './view/states';
import type { Opener } from './visit/popup';

/** Everything that the flow touches outside itself, so that it runs without a browser. */
export interface FlowEdges<Client> extends SessionTools {
  readonly sdk: SessionTools['sdk'] & CodeExchange & SignInStart['sdk'];
  readonly storage: KeyValueStore;
  readonly url: URL;
  readonly deviceNow: Clock;
  readonly configuration: Configuration;
  readonly view: View;
  readonly opener: Opener | null;
  replaceUrl(url: string): void;
  /** Leaves the page, for another site or for a path on this one. */
  leave(url: string): void;
  loadClientPart(settings: PageSettings): Promise<ClientPart<Client>>;
  /** Loads the client part into the browser's cache while there is nothing else to do. */
  fetchAhead(): void;
  closeWindow(): void;
  /** The page is signed in, holds new tokens, or is no longer signed in. */
  announce(live: LiveSession<Client> | undefined, event?: 'signed-in' | 'renewed'): void;
}

export interface Flow {
  open(): Promise<void>;
  signIn(): Promise<void>;
  useToken(token: string): Promise<void>;
  signOut(): void;
  /** Opens the path that `return_to` named. */
  goOn(): void;
}

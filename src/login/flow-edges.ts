import type { Configuration, Settings } from './configuration';
import type { Failure } from './failure';
import type { SessionEdges } from './finish-login';
import type { Live, LiveEdges } from './live';
import type { PendingLogin } from './pending-login';
import type { Opener } from './popup';
import type { Session } from './session';

/** What the page shows. Each call replaces what was shown before. */
export interface View {
  progress(step: 'looking-up' | 'leaving' | 'finishing' | 'renewing' | 'starting'): void;
  /** Nothing goes on until the person says so. */
  waiting(options: { signedOut: boolean; wantsToken: boolean }): void;
  /** @param kept a session that this tab holds all the same */
  failed(failure: Failure, kept: Session | undefined): void;
  signedIn(session: Session, returnTo: string | undefined): void;
  /** The session is with the window that opened this one. */
  handedOver(session: Session): void;
  /** The session goes on for now. */
  warn(failure: Failure): void;
}

/** The client's part of the page: a bundle of its own, loaded when it is needed. */
export interface ClientPart<Client> {
  goLive(edges: LiveEdges, session: Session, settings: Settings): Promise<Live<Client>>;
}

export interface FlowEdges<Client> extends SessionEdges {
  loadClientPart(settings: Settings): Promise<ClientPart<Client>>;
  sdk: SessionEdges['sdk'] & {
    getLoginDetails(options: {
      clientId: string;
      ssoProfileSid: string;
      redirectUrl: string;
    }): Pick<PendingLogin, 'loginUrl' | 'nonce' | 'codeChallenge' | 'codeVerifier' | 'state'>;
  };
  url: URL;
  configuration: Configuration;
  view: View;
  opener: Opener | null;
  replaceAddress(url: string): void;
  /** Leaves the page, for another site or for a path of this one. */
  leave(url: string): void;
  /** Gets the client's part into the browser's cache while there is nothing else to do. */
  fetchAhead(): void;
  closeWindow(): void;
  /** The page is signed in (again with new tokens), or no longer. */
  announce(live: Live<Client> | undefined, event?: 'signed-in' | 'renewed'): void;
}

export interface Flow {
  open(): Promise<void>;
  signIn(): Promise<void>;
  useToken(token: string): Promise<void>;
  signOut(): void;
  /** To the path that `return_to` named. */
  goOn(): void;
  /** The page has come back into view, or the network has. */
  check(): void;
}

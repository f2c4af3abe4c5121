import type { PageSettings } from './account/page-settings';
import { within } from './failures/deadline';
import { asFailure, Failure } from './failures/failure';
import type { FlowEdges } from './flow-edges';
import type { LiveSession } from './session/live-session';
import type { Session } from './session/session';
import { markSignedOut, readSession, removeSession } from './session/stored-session';

/** The page while a person is signed in: at most one live session, and what it shows of it. */
export interface SignedIn {
  /** @throws {Failure} `client`, `incomplete`, `unreachable` or `too-slow` */
  start(session: Session, settings: PageSettings, returnTo: string | undefined): Promise<void>;
  /** Ends the live session, in the other tabs too, and removes the stored one. */
  signOut(): void;
  /** Shows a failure. A live session goes on beside it. */
  show(failure: Failure): void;
}

export function createSignedIn<Client>(edges: FlowEdges<Client>): SignedIn {
  const { view, storage, timers } = edges;
  let current: { readonly live: LiveSession<Client>; readonly returnTo: string | undefined } | undefined;

  const showSession = () => current && view.signedIn(current.live.session, current.returnTo);
  const end = () => {
    current?.live.stop();
    current = undefined;
    removeSession(storage);
    edges.announce(undefined);
  };
  const show = (failure: Failure) => {
    if (current) {
      showSession();
      view.warn(failure);
    } else view.failed(failure, readSession(storage));
  };
  const events = {
    renewed() {
      showSession();
      edges.announce(current?.live, 'renewed');
    },
    ending: (reason: Failure['kind']) => view.warn(new Failure(reason)),
    ended() {
      end();
      show(new Failure('ended'));
    },
    signedOut() {
      end();
      markSignedOut(storage);
      view.waiting({ signedOut: true, wantsToken: false });
    },
  };

  return {
    async start(session, settings, returnTo) {
      view.progress('starting');
      try {
        const part = await within(timers, edges.loadClientPart(settings));
        current = { live: await part.startSession(edges, session, settings, events), returnTo };
      } catch (error) {
        throw asFailure(error, 'client');
      }
      showSession();
      edges.announce(current.live, 'signed-in');
    },
    signOut() {
      current?.live.signOutElsewhere();
      end();
    },
    show,
  };
}

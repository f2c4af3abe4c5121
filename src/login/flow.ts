import { STEP_LIMIT_MS, within } from './failures/deadline';
import { asFailure, Failure } from './failures/failure';
import type { Flow, FlowEdges } from './flow-edges';
import { createHeadStart } from './session/head-start';
import { createOtherTabs } from './session/other-tabs';
import type { Session } from './session/session';
import { forgetSignOut, isSignedOut, markSignedOut, readSession, storeSession } from './session/stored-session';
import { createSignedIn } from './signed-in';
import { finishSignIn } from './sso/finish-sign-in';
import { intentOf, intentOfVisit, type PendingLogin, takePendingLogin } from './sso/pending-login';
import { forgetRedirects, isLooping } from './sso/redirects';
import { refusalFailure } from './sso/refusal';
import { startSignIn } from './sso/start-sign-in';
import { useToken } from './use-token';
import type { Intent } from './visit/intent';
import { createPopupLink } from './visit/popup';
import { isPlaceOnPage } from './visit/return-to';
import { type AuthorizationResponse, readVisit, urlForReload } from './visit/visit';

/** The page's way from its URL to a live client. */
export function createFlow<Client>(edges: FlowEdges<Client>): Flow {
  const { storage, view, configuration, timers } = edges;
  const signedIn = createSignedIn(edges);
  const otherTabs = createOtherTabs(timers, async () => edges.loadClientPart(await configuration.settings()));
  const popup = createPopupLink({ ...edges, allowedOrigins: () => configuration.allowedOrigins() });
  /** What this visit is for. A sign-in that the person starts by the button is for the same. */
  let intent: Intent = {};
  const isForThisPage = () => !intent.returnTo && !intent.popupOrigin;

  /** Takes in what the page was opened with. Returns the step that follows. */
  async function arrive(): Promise<() => Promise<void>> {
    const visit = readVisit(edges.url);
    if (visit.kind !== 'plain' || visit.intent.popupOrigin) forgetRedirects(storage);
    if (visit.kind === 'plain') {
      intent = intentOfVisit(visit, edges);
      if (intent.popupOrigin) await popup.assertMayReceive(intent.popupOrigin).catch(dropRefusedOrigin);
      return () => openPlainly(visit.wantsToken);
    }
    const login = takePendingLogin(storage);
    intent = intentOf(login);
    if (visit.kind === 'error') throw refusalFailure(visit.error, visit.description);
    const session = await finish(visit.response, login);
    return () => welcome(session);
  }

  async function finish(response: AuthorizationResponse, login: PendingLogin | undefined): Promise<Session> {
    view.progress('finishing');
    const settings = await configuration.settings();
    const headStart = isForThisPage() ? createHeadStart(edges, settings) : undefined;
    return finishSignIn(edges, response, login, settings.accountSid, headStart);
  }

  async function openPlainly(wantsToken: boolean): Promise<void> {
    if (await resume()) return;
    const signedOut = isSignedOut(storage);
    if (signedOut || wantsToken) {
      view.waiting({ signedOut, wantsToken });
      edges.fetchAhead();
      return;
    }
    if (isLooping(storage, edges.deviceNow)) throw new Failure('loop');
    await leaveForSignIn();
  }

  /** Returns false if this tab holds no session, or one that is over for good. */
  async function resume(): Promise<boolean> {
    const stored = readSession(storage);
    if (!stored) return false;
    const settings = await configuration.settings();
    const { popupOrigin, returnTo } = intent;
    const part = await within(timers, edges.loadClientPart(settings));
    return part.resumeSession(edges, stored, {
      renewing: () => view.progress('renewing'),
      bring: (session) => (popupOrigin ? handOver(session, popupOrigin) : signedIn.start(session, settings, returnTo)),
    });
  }

  /** Keeps an existing session alive even if this visit failed. A session for another site waits until that site may have it. */
  async function resumeBeside(): Promise<void> {
    if (!intent.popupOrigin) await resume().catch(() => {});
  }

  async function leaveForSignIn(): Promise<void> {
    view.progress('looking-up');
    const loginUrl = await startSignIn(edges, intent);
    view.progress('leaving');
    edges.leave(loginUrl);
    // While the identity provider opens, the network is idle. What has arrived by then is in the cache on the way back.
    if (isForThisPage()) edges.fetchAhead();
    timers.after(STEP_LIMIT_MS, () => signedIn.show(new Failure('too-slow')));
  }

  /** Brings a fresh session to where it was requested: the opener, another page (which makes its own client), or here. */
  async function welcome(session: Session): Promise<void> {
    forgetSignOut(storage);
    if (intent.popupOrigin) return handOver(session, intent.popupOrigin);
    storeSession(storage, session);
    const settings = await configuration.settings();
    const start = () => signedIn.start(session, settings, intent.returnTo);
    if (!intent.returnTo) return start();
    goOn();
    if (isPlaceOnPage(intent.returnTo, edges.url)) return start();
    // If the other page does not load, this one serves as well.
    timers.after(STEP_LIMIT_MS, () => void guarded(start));
  }

  function goOn(): void {
    if (intent.returnTo) edges.leave(new URL(intent.returnTo, edges.url.origin).href);
  }

  async function handOver(session: Session, origin: string): Promise<void> {
    await popup.deliver(session, origin).catch(dropRefusedOrigin);
    view.handedOver(session);
  }

  /** A site that was refused stays refused: the next sign-in is for this page. If it could not be checked, a retry is for that site. */
  function dropRefusedOrigin(error: unknown): never {
    if (['no-opener', 'popup-origin'].includes(asFailure(error).kind)) intent = {};
    throw error;
  }

  async function guarded(step: () => Promise<void>, tell?: 'tell the opener'): Promise<void> {
    try {
      await step();
    } catch (error) {
      const failure = asFailure(error);
      signedIn.show(failure);
      edges.replaceUrl(urlForReload(edges.url, intent));
      edges.fetchAhead();
      // The page shows the failure, whether the opener can be told or not.
      if (tell && intent.popupOrigin) await popup.refuse(failure, intent.popupOrigin).catch(() => {});
    }
  }

  return {
    open: () =>
      guarded(async () => {
        const next = await arrive().catch(async (error: unknown) => {
          await resumeBeside();
          throw error;
        });
        await next();
      }, 'tell the opener'),
    signIn: () =>
      guarded(async () => {
        forgetRedirects(storage);
        await leaveForSignIn();
      }, 'tell the opener'),
    useToken: (pasted) => guarded(() => useToken(edges, pasted, otherTabs, welcome)),
    signOut() {
      const session = readSession(storage);
      // For a session that is kept without a client, such as one that could not be started.
      if (session) void otherTabs.signOut(session);
      signedIn.signOut();
      markSignedOut(storage);
      view.waiting({ signedOut: true, wantsToken: false });
    },
    goOn,
  };
}

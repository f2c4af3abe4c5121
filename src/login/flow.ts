import { readVisit, refusalFailure, type Visit, withoutAnswer } from './address';
import type { Settings } from './configuration';
import { STEP_LIMIT_MS, within } from './deadline';
import { asFailure, Failure, isNoAnswer } from './failure';
import { type Answer, finishLogin, refreshSession, sessionOf } from './finish-login';
import type { Flow, FlowEdges } from './flow-edges';
import type { Live } from './live';
import { type Intent, intentOf, type PendingLogin, storePendingLogin, takePendingLogin } from './pending-login';
import { assertAllowedOrigin, deliverRefusal, deliverSession } from './popup';
import { forgetRedirects, isLooping, noteRedirect } from './redirects';
import { millisecondsLeft, readSession, removeSession, type Session, storeSession } from './session';

const SIGNED_OUT = 'flex-auth:signed-out';

/** The page's way from its address to a live client. Everything it touches is an edge, so it runs without a browser. */
export function createFlow<Client>(edges: FlowEdges<Client>): Flow {
  const { storage, view, configuration, now } = edges;
  let intent: Intent = {};
  let live: Live<Client> | undefined;

  async function open(): Promise<void> {
    await guarded(async () => {
      edges.replaceAddress(withoutAnswer(edges.url));
      const visit = readVisit(edges.url);
      if (visit.kind === 'open') await openPlainly(visit);
      else await comeBack(visit);
    }, tellOpener);
  }

  async function comeBack(visit: Exclude<Visit, { kind: 'open' }>): Promise<void> {
    const login = takePendingLogin(storage);
    forgetRedirects(storage);
    intent = intentOf(login);
    if (visit.kind === 'answer') return finish(visit.answer, login);
    configuration.forget();
    throw refusalFailure(visit.error, visit.description);
  }

  async function finish(answer: Answer, login: PendingLogin | undefined): Promise<void> {
    view.progress('finishing');
    const settings = await configuration.settings();
    // The client is on its way while the code is exchanged; where that fails, starting it will say so.
    if (!intent.returnTo && !intent.popupOrigin) edges.loadClientPart(settings).catch(() => {});
    try {
      await welcome(await finishLogin(edges, answer, login, settings.accountSid));
    } catch (error) {
      if (!isNoAnswer(error)) configuration.forget();
      throw error;
    }
  }

  async function openPlainly(visit: Extract<Visit, { kind: 'open' }>): Promise<void> {
    if (visit.intent.popupOrigin) await assertMayReceive(visit.intent.popupOrigin);
    intent = visit.intent;
    const stored = readSession(storage);
    const signedOut = storage.getItem(SIGNED_OUT) !== null;
    if (stored && (await resume(stored, await configuration.settings()))) return;
    if (signedOut || visit.wantsToken) {
      view.waiting({ signedOut, wantsToken: visit.wantsToken });
      edges.fetchAhead();
      return;
    }
    if (isLooping(storage, now)) throw new Failure('loop');
    await leaveForLogin();
  }

  /** @returns false where the session is over for good, so that one has to sign in anew */
  async function resume(stored: Session, settings: Settings): Promise<boolean> {
    try {
      const session = millisecondsLeft(stored, now) > 0 ? stored : await renew(stored);
      if (intent.popupOrigin) handOver(session, intent.popupOrigin);
      else
        await startLive(session, settings).catch(async (error: unknown) => {
          if (isNoAnswer(error) || !session.refreshToken) throw error;
          await startLive(await renew(session), settings);
        });
      return true;
    } catch (error) {
      if (isNoAnswer(error) && millisecondsLeft(stored, now) > 0) throw error;
      removeSession(storage);
      return false;
    }
  }

  function renew(session: Session): Promise<Session> {
    view.progress('renewing');
    return refreshSession(edges, session, (renewed) => storeSession(storage, renewed));
  }

  async function leaveForLogin(): Promise<void> {
    view.progress('looking-up');
    const connection = await configuration.connection();
    const redirectUrl = edges.url.origin + edges.url.pathname;
    const details = edges.sdk.getLoginDetails({ ...connection, redirectUrl });
    storePendingLogin(storage, { ...details, ...connection, startedAt: now(), ...intent });
    noteRedirect(storage, now);
    view.progress('leaving');
    edges.leave(details.loginUrl);
    edges.timers.after(STEP_LIMIT_MS, () => view.failed(new Failure('too-slow')));
  }

  /** A fresh session goes where it was asked for: to the opener, or along to another page, which makes its own client. */
  async function welcome(session: Session): Promise<void> {
    const { popupOrigin } = intent;
    if (popupOrigin) {
      // From here on only this page can be asked for: a site that may not have the session is not asked about twice.
      intent = {};
      await assertMayReceive(popupOrigin);
      return handOver(session, popupOrigin);
    }
    storeSession(storage, session);
    storage.removeItem(SIGNED_OUT);
    const settings = await configuration.settings();
    if (!intent.returnTo) return startLive(session, settings);
    goOn();
    // Where the other page does not come, this one is as good as any.
    edges.timers.after(STEP_LIMIT_MS, () => void guarded(() => startLive(session, settings)));
  }

  function goOn(): void {
    if (intent.returnTo) edges.leave(new URL(intent.returnTo, edges.url.origin).href);
  }

  async function assertMayReceive(origin: string): Promise<void> {
    if (!edges.opener) throw new Failure('no-opener');
    assertAllowedOrigin(origin, await configuration.allowedOrigins(), edges.url.hostname);
  }

  function handOver(session: Session, origin: string): void {
    deliverSession(edges.opener, session, origin);
    view.handedOver(session);
    edges.closeWindow();
  }

  /** A site that may not have the session learns nothing at all. */
  async function tellOpener(failure: Failure): Promise<void> {
    const { popupOrigin } = intent;
    if (!popupOrigin) return;
    await assertMayReceive(popupOrigin);
    deliverRefusal(edges.opener, failure, popupOrigin);
  }

  async function startLive(session: Session, settings: Settings): Promise<void> {
    view.progress('starting');
    const show = () => live && view.signedIn(live.session, intent.returnTo);
    try {
      const part = await within(edges.timers, edges.loadClientPart(settings));
      live = await part.goLive(
        {
          ...edges,
          onRenewed: () => {
            show();
            edges.announce(live, 'renewed');
          },
          onEnding: (reason) => view.warn(new Failure(reason)),
          onEnded: () => {
            tearDown();
            view.failed(new Failure('ended'));
          },
        },
        session,
        settings,
      );
    } catch (error) {
      throw asFailure(error, 'client');
    }
    show();
    edges.announce(live, 'signed-in');
  }

  function tearDown(): void {
    live?.stop();
    live = undefined;
    removeSession(storage);
    edges.announce(undefined);
  }

  async function guarded(step: () => Promise<void>, tell?: (failure: Failure) => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      const failure = asFailure(error);
      view.failed(failure);
      edges.fetchAhead();
      // The page has said it already, whether anybody else can be told or not.
      await tell?.(failure).catch(() => {});
    }
  }

  return {
    open,
    signIn: () =>
      guarded(async () => {
        storage.removeItem(SIGNED_OUT);
        forgetRedirects(storage);
        await leaveForLogin();
      }, tellOpener),
    useToken: (token) =>
      guarded(async () => {
        if (token === '') throw new Failure('no-token');
        view.progress('starting');
        try {
          const { accountSid } = await configuration.settings();
          await welcome(await sessionOf(edges, { accessToken: token }, accountSid));
        } catch (error) {
          removeSession(storage);
          throw asFailure(error, 'token');
        }
      }),
    signOut() {
      tearDown();
      storage.setItem(SIGNED_OUT, 'true');
      view.waiting({ signedOut: true, wantsToken: false });
    },
    goOn,
    check: () => live?.check(),
  };
}

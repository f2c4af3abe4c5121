import { readVisit, refusalFailure, type Visit, withoutAnswer } from './address';
import type { Settings } from './configuration';
import { STEP_LIMIT_MS, within } from './deadline';
import { asFailure, Failure, isNoAnswer } from './failure';
import { type Answer, finishLogin, refreshSession, sessionOf } from './finish-login';
import type { Flow, FlowEdges } from './flow-edges';
import type { Live } from './live';
import { parsePastedToken } from './pasted-token';
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
  /** Whether this visit has tried a session already: once is enough, since each step may take its 15 s. */
  let hasTried = false;

  async function open(): Promise<void> {
    await guarded(async () => {
      edges.replaceAddress(withoutAnswer(edges.url));
      try {
        const visit = readVisit(edges.url);
        if (visit.kind === 'open') await openPlainly(visit);
        else await comeBack(visit);
      } catch (error) {
        await resumeBeside();
        throw error;
      }
    }, tellOpener);
  }

  /** A session that this tab has goes on, whatever has come of this visit: of an old answer, or an address that asks for too much. */
  async function resumeBeside(): Promise<void> {
    const stored = readSession(storage);
    // For a session that another site waits for, that site has to be let in first.
    if (!stored || hasTried || intent.popupOrigin) return;
    await configuration
      .settings()
      .then((settings) => resume(stored, settings))
      .catch(() => {});
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
    intent = visit.intent;
    if (intent.popupOrigin) await assertMayReceive(intent.popupOrigin);
    const stored = readSession(storage);
    const signedOut = storage.getItem(SIGNED_OUT) !== null;
    if (stored && (await resume(stored, await configuration.settings()))) return;
    if (signedOut || visit.wantsToken) {
      view.waiting({ signedOut, wantsToken: visit.wantsToken });
      edges.fetchAhead();
      return;
    }
    if (isLooping(storage, now)) {
      // What was known may be what leads nowhere.
      configuration.forget();
      throw new Failure('loop');
    }
    await leaveForLogin();
  }

  /** @returns false where the session is over for good, so that one has to sign in anew */
  async function resume(stored: Session, settings: Settings): Promise<boolean> {
    hasTried = true;
    try {
      const session = millisecondsLeft(stored, now) > 0 ? stored : await renew(stored);
      if (intent.popupOrigin) await handOver(session, intent.popupOrigin);
      else
        await startLive(session, settings).catch(async (error: unknown) => {
          if (isNoAnswer(error) || !session.refreshToken) throw error;
          await startLive(await renew(session), settings);
        });
      return true;
    } catch (error) {
      if (isNoAnswer(error) && isOfUse(readSession(storage), stored)) throw error;
      removeSession(storage);
      return false;
    }
  }

  /** Not over yet; or renewed, though nobody has said until when. */
  function isOfUse(kept: Session | undefined, stored: Session): boolean {
    return kept !== undefined && (kept.accessToken !== stored.accessToken || millisecondsLeft(kept, now) > 0);
  }

  function renew(session: Session): Promise<Session> {
    view.progress('renewing');
    return refreshSession(edges, session, {
      current: () => readSession(storage),
      keep: (renewed) => storeSession(storage, renewed),
    });
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
    edges.timers.after(STEP_LIMIT_MS, () => showFailure(new Failure('too-slow')));
  }

  /** A fresh session goes where it was asked for: to the opener, or along to another page, which makes its own client. */
  async function welcome(session: Session): Promise<void> {
    storage.removeItem(SIGNED_OUT);
    if (intent.popupOrigin) return handOver(session, intent.popupOrigin);
    storeSession(storage, session);
    const settings = await configuration.settings();
    if (!intent.returnTo) return startLive(session, settings);
    goOn();
    if (isPlaceOnThisPage(intent.returnTo)) return startLive(session, settings);
    // Where the other page does not come, this one is as good as any.
    edges.timers.after(STEP_LIMIT_MS, () => void guarded(() => startLive(session, settings)));
  }

  /** What this tab held before that session. @returns puts it back, unless that session has gone already */
  function rememberBefore({ accessToken }: Session): () => void {
    const before = readSession(storage);
    const signedOut = storage.getItem(SIGNED_OUT);
    return () => {
      if (readSession(storage)?.accessToken !== accessToken) return;
      if (before) storeSession(storage, before);
      else removeSession(storage);
      if (signedOut !== null) storage.setItem(SIGNED_OUT, signedOut);
    };
  }

  function goOn(): void {
    if (intent.returnTo) edges.leave(new URL(intent.returnTo, edges.url.origin).href);
  }

  /** To go there loads nothing. */
  function isPlaceOnThisPage(path: string): boolean {
    const [page, hash] = path.split('#');
    return Boolean(hash) && page === edges.url.pathname;
  }

  async function assertMayReceive(origin: string): Promise<void> {
    try {
      if (!edges.opener) throw new Failure('no-opener');
      assertAllowedOrigin(origin, await configuration.allowedOrigins(), edges.url.hostname);
    } catch (error) {
      // From here on only this page can be asked for. Where it could not be found out, another try is for that site again.
      if (['no-opener', 'popup-origin'].includes(asFailure(error).kind)) intent = {};
      throw error;
    }
  }

  /** Only a site that may have it now: it may have been long since that was asked. */
  async function handOver(session: Session, origin: string): Promise<void> {
    await assertMayReceive(origin);
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
    hasTried = true;
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
            showFailure(new Failure('ended'));
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

  function showFailure(failure: Failure): void {
    if (live) {
      view.signedIn(live.session, intent.returnTo);
      view.warn(failure);
    } else view.failed(failure, readSession(storage));
  }

  async function guarded(step: () => Promise<void>, tell?: (failure: Failure) => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      const failure = asFailure(error);
      showFailure(failure);
      edges.fetchAhead();
      // The page has said it already, whether anybody else can be told or not.
      await tell?.(failure).catch(() => {});
    }
  }

  return {
    open,
    signIn: () =>
      guarded(async () => {
        forgetRedirects(storage);
        await leaveForLogin();
      }, tellOpener),
    useToken: (pasted) =>
      guarded(async () => {
        const token = parsePastedToken(pasted);
        view.progress('starting');
        let putBack = () => {};
        try {
          const { accountSid } = await configuration.settings();
          const session = await sessionOf(edges, { accessToken: token }, accountSid);
          putBack = rememberBefore(session);
          await welcome(session);
        } catch (error) {
          if (!isNoAnswer(error)) putBack();
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

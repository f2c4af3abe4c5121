import type { Failure } from '../failures/failure';
import { SENTENCES } from '../failures/sentences';
import { displayName, type Session } from '../session/session';
import type { Step, View } from './states';

const STEPS = {
  'looking-up': [1, 'Looking up how your organization signs in…'],
  leaving: [2, 'Taking you to your identity provider…'],
  finishing: [3, 'Finishing your sign-in…'],
  renewing: [3, 'Renewing your session…'],
  starting: [4, 'Starting the Flex client…'],
} as const satisfies Record<Step, readonly [number, string]>;

export interface PageView extends View {
  /** Adds a sentence to the status, such as that the token was copied. */
  say(addition: string): void;
  readonly token: string;
}

export interface Handlers {
  signIn(): void;
  signOut(): void;
  copyToken(): void;
  goOn(): void;
  useToken(): void;
}

/** `checkVisibility` is missing before Safari 17.4. */
const isVisible = (element: HTMLElement) => element.getClientRects().length > 0;

/** Made once, ahead of its use: that takes longer than all else on the page. */
const timeOfDay = once(() => new Intl.DateTimeFormat([], { timeStyle: 'short' }));
const dateAndTime = once(() => new Intl.DateTimeFormat([], { dateStyle: 'medium', timeStyle: 'short' }));

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const isAboutToken = (failure?: Failure) => ['token', 'no-token', 'not-a-token'].includes(failure?.kind ?? '');

/** Shows the page's states by filling in and hiding parts of `login.html`. Adds all text as text, never as markup. */
export function createView(document: Document, handlers: Handlers): PageView {
  const part = (id: string): HTMLElement => {
    const element = document.getElementById(id);
    if (!element) throw new Error(`login.html has no element "${id}"`);
    return element;
  };
  const [status, alert, progress] = [part('status'), part('alert'), part('progress')];
  const [person, signIn, tokenPanel] = [part('person'), part('sign-in'), part('token-panel')];
  const [continueButton, copyButton] = [part('continue'), part('copy')];
  const [heading, field, main] = [part('heading'), part('token'), part('main')];

  part('sign-in').addEventListener('click', handlers.signIn);
  part('sign-out').addEventListener('click', handlers.signOut);
  copyButton.addEventListener('click', handlers.copyToken);
  continueButton.addEventListener('click', handlers.goOn);
  part('token-form').addEventListener('submit', (event) => {
    event.preventDefault();
    handlers.useToken();
  });

  let said = '';
  /** What is wrong with the session while it lasts. Passing failures are shown below it. */
  let standing: Failure | undefined;

  /** Shows only these parts. If the focused button is hidden now, the focus moves to the main part, not to the top of the page. */
  function show(sentence: string, shown: { failure?: Failure; parts?: HTMLElement[]; step?: number } = {}): void {
    const focused = document.activeElement;
    // Set only when it changes, so that screen readers do not repeat it.
    if (status.textContent !== sentence) status.textContent = sentence;
    said = sentence;
    standing = undefined;
    heading.textContent = document.title = sentence.startsWith('Signed in') ? 'Signed in to Flex' : 'Sign in to Flex';
    tell('failure', shown.failure);
    field.setAttribute('aria-invalid', String(isAboutToken(shown.failure)));
    for (const element of [person, signIn, tokenPanel]) element.hidden = !shown.parts?.includes(element);
    progress.hidden = shown.step === undefined;
    progress.setAttribute('value', String(shown.step ?? 0));
    // Not `aria-busy`: screen readers may then skip what the status says meanwhile.
    main.dataset.busy = String(shown.step !== undefined);
    if (focused instanceof HTMLElement && focused !== document.body && !isVisible(focused)) main.focus();
  }

  /** @param tone a warning leaves the person signed in */
  function tell(tone: 'failure' | 'warning', ...failures: (Failure | undefined)[]): void {
    alert.className = tone;
    alert.replaceChildren(...failures.flatMap((failure) => (failure ? failureText(failure) : [])));
  }

  function failureText(failure: Failure): Node[] {
    const sentence = document.createElement('p');
    sentence.textContent = SENTENCES[failure.kind];
    if (!failure.detail) return [sentence];
    const detail = document.createElement('p');
    detail.className = 'detail';
    detail.textContent = failure.detail;
    // A refusal by the organization begins with its own words: they say what to do.
    return failure.kind === 'not-allowed' ? [detail, sentence] : [sentence, detail];
  }

  return {
    progress(step) {
      const [value, sentence] = STEPS[step];
      show(sentence, { step: value });
      // While the page waits for the network.
      if (step !== 'looking-up' && step !== 'leaving') setTimeout(timeOfDay);
    },
    waiting({ signedOut, wantsToken }) {
      show(signedOut ? 'You are signed out.' : 'You are not signed in.', { parts: [signIn, tokenPanel] });
      if (wantsToken) openTokenPanel();
    },
    failed(failure, kept) {
      const parts = [signIn, tokenPanel, ...(kept ? [person] : [])];
      show(
        kept ? 'This tab still holds your session. Reload the page to continue with it.' : 'You are not signed in.',
        { failure, parts },
      );
      if (isAboutToken(failure)) openTokenPanel();
      if (!kept) return;
      fillIn(kept);
      continueButton.hidden = copyButton.hidden = true;
    },
    signedIn(session, returnTo) {
      show(`Signed in as ${displayName(session)}`, { parts: [person] });
      fillIn(session);
      continueButton.hidden = returnTo === undefined;
      copyButton.hidden = false;
      if (field instanceof HTMLInputElement) field.value = '';
    },
    handedOver(session) {
      show(`Signed in as ${displayName(session)}. You can close this window.`);
    },
    warn(failure) {
      // A failed copy passes. Any other warning is about the session, and a new sign-in fixes it.
      const isPassing = failure.kind === 'copy';
      if (!isPassing) standing = failure;
      status.textContent = said;
      tell('warning', standing, isPassing ? failure : undefined);
      signIn.hidden = standing === undefined;
    },
    say(addition) {
      tell('warning', standing);
      status.textContent = `${said}. ${addition}`;
    },
    get token() {
      return field instanceof HTMLInputElement ? field.value.trim() : '';
    },
  };

  function openTokenPanel(): void {
    tokenPanel.setAttribute('open', '');
    field.focus();
  }

  function fillIn(session: Session): void {
    part('roles').textContent = session.roles.join(', ') || 'none';
    const until = new Date(session.expiresAt);
    const sameDay = until.toDateString() === new Date().toDateString();
    part('until').setAttribute('datetime', session.expiresAt);
    part('until').textContent = (sameDay ? timeOfDay() : dateAndTime()).format(until);
  }
}

import type { Failure } from './failure';
import type { View } from './flow-edges';
import { SENTENCES } from './sentences';
import { displayName, type Session } from './session';

const STEPS = {
  'looking-up': [1, 'Looking up how your organisation signs in…'],
  leaving: [2, 'Taking you to your identity provider…'],
  finishing: [3, 'Finishing your sign-in…'],
  renewing: [3, 'Renewing your session…'],
  starting: [4, 'Starting the Flex client…'],
} as const;

export interface PageView extends View {
  /** Adds a word to what the status says, such as that the token was copied. */
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

/** Shows the page's states by filling in and hiding parts of `login.html`. All text goes in as text, never as markup. */
export function createView(document: Document, handlers: Handlers): PageView {
  const part = (id: string): HTMLElement => {
    const element = document.getElementById(id);
    if (!element) throw new Error(`login.html has no element "${id}"`);
    return element;
  };
  const [status, alert, progress] = [part('status'), part('alert'), part('progress')];
  const [person, signIn, tokenPanel] = [part('person'), part('sign-in'), part('token-panel')];
  const [continueButton, field, main] = [part('continue'), part('token'), part('main')];

  part('sign-in').addEventListener('click', handlers.signIn);
  part('sign-out').addEventListener('click', handlers.signOut);
  part('copy').addEventListener('click', handlers.copyToken);
  continueButton.addEventListener('click', handlers.goOn);
  part('token-form').addEventListener('submit', (event) => {
    event.preventDefault();
    handlers.useToken();
  });

  let said = '';

  /** Shows these parts alone. Who pressed a button that is gone now must not be thrown back to the top of the page. */
  function show(sentence: string, shown: { failure?: Failure; parts?: HTMLElement[]; step?: number } = {}): void {
    const focused = document.activeElement;
    // Said again only where it is new.
    if (status.textContent !== sentence) status.textContent = sentence;
    said = sentence;
    tell(shown.failure, 'failure');
    for (const element of [person, signIn, tokenPanel]) element.hidden = !shown.parts?.includes(element);
    progress.hidden = shown.step === undefined;
    progress.setAttribute('value', String(shown.step ?? 0));
    main.setAttribute('aria-busy', String(shown.step !== undefined));
    if (focused instanceof HTMLElement && focused !== document.body && !focused.checkVisibility()) main.focus();
  }

  /** @param tone a warning leaves the person signed in */
  function tell(failure: Failure | undefined, tone: 'failure' | 'warning'): void {
    alert.className = tone;
    alert.replaceChildren(...(failure ? failureText(failure) : []));
  }

  function failureText(failure: Failure): Node[] {
    const sentence = document.createElement('p');
    sentence.textContent = SENTENCES[failure.kind];
    if (!failure.detail) return [sentence];
    const detail = document.createElement('p');
    detail.className = 'detail';
    detail.textContent = failure.detail;
    return [sentence, detail];
  }

  return {
    progress(step) {
      const [value, sentence] = STEPS[step];
      show(sentence, { step: value });
    },
    waiting({ signedOut, wantsToken }) {
      show(signedOut ? 'You are signed out.' : 'You are not signed in.', { parts: [signIn, tokenPanel] });
      if (wantsToken) openTokenPanel();
    },
    failed(failure) {
      show('You are not signed in.', { failure, parts: [signIn, tokenPanel] });
      if (failure.kind === 'token' || failure.kind === 'no-token') openTokenPanel();
    },
    signedIn(session, returnTo) {
      show(`Signed in as ${displayName(session)}`, { parts: [person] });
      fillIn(session);
      continueButton.hidden = returnTo === undefined;
      if (field instanceof HTMLInputElement) field.value = '';
    },
    handedOver(session) {
      show(`Signed in as ${displayName(session)}. You can close this window.`);
    },
    warn(failure) {
      tell(failure, 'warning');
      // What did not get copied can be copied again; any other warning is about the session, and a new one mends it.
      signIn.hidden = failure.kind === 'copy';
    },
    say(addition) {
      if (signIn.hidden) tell(undefined, 'warning');
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
    part('until').textContent = sameDay
      ? until.toLocaleTimeString([], { timeStyle: 'short' })
      : until.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
  }
}

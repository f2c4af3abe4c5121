import type { FailureKind } from './failure';

/** One sentence or two for each way a sign-in can fail: what happened, and what the person does next. */
export const SENTENCES: Readonly<Record<FailureKind, string>> = {
  settings:
    'This page could not read its settings. Check your network connection, then sign in again. If this goes on, tell your administrator that /config does not answer properly.',
  'no-configuration':
    'Single sign-on is not switched on for this Twilio account. Ask your administrator to activate an SSO connection in the Flex Console, then sign in again.',
  account:
    'Twilio does not say how people of this account sign in. Ask your administrator to check ACCOUNT_SID, and single sign-on in the Flex Console, then sign in again.',
  unreachable: 'Twilio could not be reached. Check your network connection, then sign in again.',
  'too-slow': 'No answer came within 15 seconds. Check your network connection, then sign in again.',
  missing: 'This sign-in was not started here, or another tab has finished it. Go on in that tab, or sign in again.',
  old: 'This sign-in link is older than 10 minutes. Sign in again to get a new one.',
  mismatch: 'This answer does not belong to the sign-in that was started here, so it was not used. Sign in again.',
  denied: 'The sign-in was declined. If you did not mean to decline it, sign in again.',
  untrusted:
    'Twilio does not trust the address of this page. Ask your administrator to add it to the trusted URLs of single sign-on in the Flex Console, then sign in again.',
  provider: 'Your identity provider could not sign you in. Sign in again, or ask your administrator.',
  loop: 'Twice the sign-in came back without an answer. Sign in again. If Twilio does not trust the address of this page, ask your administrator to add it to the trusted URLs of single sign-on in the Flex Console.',
  refused: 'Twilio did not accept this sign-in. It may be too old, or used already in another tab. Sign in again.',
  clock:
    'By the clock of this device your new session is over already, so the clock is probably wrong. Set it to the right time, then sign in again.',
  ended: 'Your session has ended. Sign in again to go on.',
  maximum: 'Your session has reached its maximum length. Sign in again before it ends.',
  'not-renewed': 'Your session could not be renewed. Sign in again before it ends.',
  'no-token': 'Paste a Flex token into the field first.',
  token:
    'Twilio did not accept this token: it may have expired, or belong to another account. Paste a new one, or sign in with SSO.',
  incomplete: 'A part of this page could not be loaded. Check your network connection, then sign in again.',
  client: 'You are known to Twilio, but the Flex client did not start. Sign in again, or ask your administrator.',
  'return-to':
    'The address to return to is not a path of this site, so it is not used. You can still sign in, and stay on this page.',
  'popup-origin':
    'The site that opened this window may not receive your session. Ask your administrator to add it to ALLOWED_ORIGINS. You can still sign in, in this window alone.',
  'no-opener':
    'The window that asked for this sign-in cannot be reached. Close this one, allow pop-ups for that site and start again there. If this goes on, your identity provider keeps the two apart: sign in here, in this window alone.',
  storage: 'This browser does not let the page keep your sign-in. Allow this site to store data, then sign in again.',
  copy: 'The browser did not let this page copy. Allow this site to use the clipboard, then copy again.',
  unexpected: 'Something went wrong that this page did not expect. Sign in again.',
};

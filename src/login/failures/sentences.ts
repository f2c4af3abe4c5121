/** One or two sentences for each way a sign-in can fail: what is wrong, then what the person does next. */
export const SENTENCES = {
  settings:
    'This page could not load its settings. Check your network connection, then try again. If this persists, tell your administrator that /config does not respond correctly.',
  'no-configuration':
    'Single sign-on is not active for this Twilio account. Ask your administrator to activate an SSO connection in the Flex Console, then sign in again.',
  account:
    'Twilio rejected the single sign-on settings of this account. Ask your administrator to check ACCOUNT_SID, and single sign-on in the Flex Console, then sign in again.',
  unreachable: 'Twilio could not be reached. Check your network connection, then try again.',
  'too-slow': 'There was no response within 15 seconds. Check your network connection, then try again.',
  missing:
    'This sign-in was not started in this tab, or it was completed in another one. Continue in that tab, or sign in again.',
  old: 'The sign-in took more than 10 minutes. Sign in again.',
  mismatch: 'This response does not belong to the sign-in that you started here, so it was not used. Sign in again.',
  denied: 'The sign-in was declined. If you did not mean to decline it, sign in again.',
  'not-allowed':
    'Your organization did not allow this sign-in. Do what its message says, or ask your administrator, then sign in again.',
  untrusted:
    'Twilio does not trust the URL of this page. Ask your administrator to add it to the trusted URLs of single sign-on in the Flex Console, then sign in again.',
  provider: 'Your identity provider could not sign you in. Sign in again, or ask your administrator.',
  loop: 'The sign-in came back twice without a result. Sign in again. If Twilio does not trust the URL of this page, ask your administrator to add it to the trusted URLs of single sign-on in the Flex Console.',
  refused: 'Twilio did not accept this sign-in. It may have expired, or have been used in another tab. Sign in again.',
  clock: 'This device’s clock appears to be wrong. Correct it, then sign in again.',
  ended: 'Your session has ended. Sign in again to continue.',
  maximum: 'Your session has reached its maximum length. Sign in again before it ends.',
  'not-renewed': 'Your session could not be renewed. Sign in again before it ends.',
  'no-token': 'Paste a Flex token into the field first.',
  token:
    'Twilio did not accept this token. It may have expired, or belong to another account. Paste a new one, or sign in with SSO.',
  'not-a-token':
    'This is not a Flex token: it has characters that no token has, or no dot. Copy the whole token, then paste it again.',
  incomplete: 'A part of this page could not be loaded. Check your network connection, then try again.',
  client: 'You signed in, but the Flex client could not start. Reload the page.',
  'return-to':
    'The page to return to is not a path on this site, so it was not used. You can still sign in and stay on this page.',
  'popup-origin':
    'The site that opened this window may not receive your session. Ask your administrator to add it to ALLOWED_ORIGINS. You can still sign in to this window.',
  'no-opener':
    'The window that opened this one cannot be reached. Close this window, allow popups for that site, and start again there. If this persists, your identity provider separates the two windows: sign in here instead.',
  storage: 'This browser does not let the page store your sign-in. Allow this site to store data, then sign in again.',
  copy: 'The browser did not let this page copy the token. Allow this site to use the clipboard, then copy again.',
  unexpected: 'Something unexpected went wrong. Reload the page, then try again.',
} as const;

/** The ways a sign-in can fail that a person can do something about. */
export type FailureKind = keyof typeof SENTENCES;

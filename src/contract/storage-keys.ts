/** What the sign-in page keeps in `sessionStorage`, which belongs to one tab and ends with it. */
export const SESSION_STORAGE_KEYS = {
  /** The sign-in that is under way. */
  login: 'flex-auth:login',
  session: 'flex-auth:session',
  /** When the page last redirected to the identity provider. */
  redirects: 'flex-auth:redirects',
  /** Set after a sign-out: the page waits for the button. */
  signedOut: 'flex-auth:signed-out',
} as const;

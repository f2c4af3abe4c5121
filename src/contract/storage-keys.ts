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

/** What the sign-in page keeps in `localStorage`, for all tabs. Nothing in it is secret. */
export const LOCAL_STORAGE_KEYS = {
  /** Hashes of access tokens that were replaced or signed out, each with the hash of what replaced it. */
  successors: 'flex-auth:successors',
} as const;

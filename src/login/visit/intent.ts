/** Where the session goes after the sign-in. Without either field, it stays on this page. */
export interface Intent {
  readonly returnTo?: string;
  readonly popupOrigin?: string;
}

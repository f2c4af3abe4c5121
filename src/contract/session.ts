/**
 * The session that the sign-in page keeps in its tab and hands to the window that opened it. Its tokens are secrets.
 * `FlexSession` in `src/client/flex-auth.ts` repeats it for callers; a type test holds the two equal.
 */
export interface Session {
  readonly accessToken: string;
  /** Missing for a pasted token, whose session ends when the token expires. */
  readonly refreshToken?: string;
  /** When the access token expires by Twilio's clock, in ISO 8601. */
  readonly expiresAt: string;
  readonly identity: string;
  /** Twilio's `realm_user_id`: the user name as the person knows it. */
  readonly username?: string;
  readonly roles: readonly string[];
  readonly accountSid: string;
  readonly ssoProfileSid?: string;
}

import type { Configuration } from '../account/configuration';
import type { KeyValueStore } from '../browser/store';
import type { Clock } from '../browser/time';
import type { Intent } from '../visit/intent';
import { type PendingLogin, storePendingLogin } from './pending-login';
import { noteRedirect } from './redirects';

export interface SignInStart {
  readonly storage: KeyValueStore;
  /** Not the server's time: that may be unknown to the document that reads it later. */
  readonly deviceNow: Clock;
  readonly url: URL;
  readonly configuration: Configuration;
  readonly sdk: {
    getLoginDetails(options: {
      clientId: string;
      ssoProfileSid: string;
      redirectUrl: string;
    }): Pick<PendingLogin, 'loginUrl' | 'nonce' | 'codeChallenge' | 'codeVerifier' | 'state'>;
  };
}

/**
 * Looks up the account's SSO connection and stores the pending login. Does not leave the page.
 *
 * @returns the URL to send the browser to
 * @throws {Failure} `settings`, `account`, `no-configuration`, `unreachable` or `too-slow`
 */
export async function startSignIn(page: SignInStart, intent: Intent): Promise<string> {
  const { storage, deviceNow, url } = page;
  const { clientId, ssoProfileSid } = await page.configuration.connection();
  const redirectUrl = url.origin + url.pathname;
  const details = page.sdk.getLoginDetails({ clientId, ssoProfileSid, redirectUrl });
  storePendingLogin(storage, { ...details, clientId, ssoProfileSid, startedAt: deviceNow(), ...intent });
  noteRedirect(storage, deviceNow);
  return details.loginUrl;
}

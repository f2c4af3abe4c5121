import type { Clock } from '../browser/time';
import { within } from '../failures/deadline';
import { asFailure } from '../failures/failure';
import { createSession, type SessionTools } from '../session/create-session';
import type { HeadStart } from '../session/head-start';
import { parseTokens, type Session } from '../session/session';
import type { AuthorizationResponse } from '../visit/visit';
import { matchingLogin, type PendingLogin } from './pending-login';

export interface CodeExchange {
  exchangeToken(options: {
    code: string;
    codeVerifier: string;
    nonce: string;
    ssoProfileSid: string;
  }): Promise<unknown>;
}

/**
 * Exchanges the code for tokens and reads whose they are. Neither stores the session nor starts a client.
 *
 * @param headStart started as soon as there is a token, and cancelled if there will be no session
 * @param login what `takePendingLogin` returned; it is no longer in the store
 * @throws {Failure} `missing`, `old`, `clock`, `mismatch`, `refused`, `unreachable` or `too-slow`
 */
export async function finishSignIn(
  tools: SessionTools & { readonly sdk: CodeExchange; readonly deviceNow: Clock },
  { code, state }: AuthorizationResponse,
  login: PendingLogin | undefined,
  accountSid: string,
  headStart?: HeadStart,
): Promise<Session> {
  const { codeVerifier, nonce, ssoProfileSid } = matchingLogin(login, state, tools.deviceNow);
  try {
    const exchange = tools.sdk.exchangeToken({ code, codeVerifier, nonce, ssoProfileSid });
    const tokens = parseTokens(await within(tools.timers, exchange));
    headStart?.start(tokens.accessToken);
    return await createSession(tools, tokens, accountSid, ssoProfileSid);
  } catch (error) {
    headStart?.cancel();
    throw asFailure(error, 'refused');
  }
}

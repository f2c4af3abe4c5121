import { asFailure, Failure, isNoResponse } from './failures/failure';
import type { FlowEdges } from './flow-edges';
import { createSession } from './session/create-session';
import type { OtherTabs } from './session/other-tabs';
import type { Session } from './session/session';
import { rememberBefore } from './session/stored-session';
import { parsePastedToken } from './visit/pasted-token';

/**
 * Makes a session of a pasted token. If it fails, the tab holds what it held before.
 *
 * @param welcome stores the session and starts it
 * @throws {Failure} `no-token`, `not-a-token`, `token`, or what `welcome` throws
 */
export async function useToken<Client>(
  { view, configuration, storage, ...tools }: FlowEdges<Client>,
  pasted: string,
  otherTabs: OtherTabs,
  welcome: (session: Session) => Promise<void>,
): Promise<void> {
  const accessToken = parsePastedToken(pasted);
  view.progress('starting');
  try {
    const { accountSid } = await configuration.settings();
    const session = await createSession(tools, { accessToken }, accountSid);
    await otherTabs.signInAgain(session);
    const putBack = rememberBefore(storage, session);
    await welcome(session).catch((error: unknown) => {
      if (!isNoResponse(error)) putBack();
      throw error;
    });
  } catch (error) {
    const failure = asFailure(error, 'token');
    // The token is valid, but Twilio gives it no client: a reload would not help.
    throw failure.kind === 'client' ? new Failure('token') : failure;
  }
}

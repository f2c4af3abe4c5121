import type { ClientRequest, IncomingMessage } from 'node:http';
import https from 'node:https';
import { validator } from 'twilio-flex-token-validator';
import type { Settings } from '../settings/settings';
import type { UpstreamCall } from '../upstream/call';
import { systemCodeOf, UpstreamFailure } from '../upstream/failure';
import { ResponseBody, toUpstreamResponse, type UpstreamResponse } from '../upstream/response';

/**
 * Runs `twilio-flex-token-validator` (1.6.0) and observes its request.
 *
 * The validator has no time limit, and it hides the status of the response. So `https.request` is replaced for the moment in which
 * the validator calls it, before it returns.
 *
 * @param token in ASCII: the validator counts the characters of the body, not its bytes
 * @returns whether the validator accepts the token, and Twilio's response
 */
export async function runValidator(
  token: string,
  settings: Settings,
  call: UpstreamCall,
): Promise<{ accepted: boolean; response: UpstreamResponse }> {
  let accepted = false;
  const response = await call.request('Twilio', async (limitMs) => {
    const { request, verdict } = startValidator(token, settings);
    const response = await wholeResponseTo(request, limitMs);
    accepted = await verdict;
    return response;
  });
  return { accepted, response };
}

function startValidator(token: string, { accountSid, credentials, region }: Settings) {
  // As the validator's own wrapper does: `stage-us1` is served by `iam.stage.twilio.com`.
  const realm = region?.split('-')[0] ?? '';
  const original = https.request;
  let request: ClientRequest | undefined;
  https.request = ((...args: Parameters<typeof original>) => {
    request = original(...args);
    return request;
  }) as typeof original;
  try {
    const verdict = (
      credentials.kind === 'api-key'
        ? validator(token, accountSid, undefined, realm, { Sid: credentials.sid, Secret: credentials.secret })
        : validator(token, accountSid, credentials.authToken, realm)
    ).then(
      () => true,
      () => false,
    );
    if (!request) throw new Error('the validator made no request');
    return { request, verdict };
  } finally {
    https.request = original;
  }
}

function wholeResponseTo(request: ClientRequest, limitMs: number): Promise<UpstreamResponse> {
  return new Promise<UpstreamResponse>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new UpstreamFailure('timeout'));
      request.destroy();
    }, limitMs);
    const fail = (error?: unknown) => {
      clearTimeout(timer);
      reject(new UpstreamFailure('connection', systemCodeOf(error)));
    };
    request.on('error', fail);
    request.on('response', (response: IncomingMessage) => {
      const body = new ResponseBody();
      response.on('data', (chunk: Buffer | string) => {
        try {
          body.add(chunk);
        } catch (error) {
          clearTimeout(timer);
          reject(error);
          request.destroy();
        }
      });
      response.on('end', () => {
        clearTimeout(timer);
        resolve(toUpstreamResponse(response.statusCode ?? 0, body.text(), (name) => headerOf(response, name)));
      });
      // Without an `end` before it, the response is incomplete, and the validator would wait for the rest forever.
      response.on('close', () => fail());
    });
  });
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

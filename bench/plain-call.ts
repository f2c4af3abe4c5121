import https from 'node:https';
import { BASIC_AUTHORIZATION } from './account';

/** One call of Twilio's API. */
export interface PlainCall {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly body?: object;
}

/**
 * Makes the calls one after the other, as directly as possible: without retries, time limits or checks, except that the
 * response is JSON.
 */
export async function makePlainCalls(calls: readonly PlainCall[]): Promise<void> {
  for (const call of calls) JSON.parse((await send(call)) || 'null');
}

/** Uses the same modules as the Functions: a token is validated over `https`, everything else uses `fetch`. */
const send = (call: PlainCall): Promise<string> =>
  call.url.startsWith('https://iam.') ? sendByHttps(call) : sendByFetch(call);

async function sendByFetch({ method, url, body }: PlainCall): Promise<string> {
  const headers = { Accept: 'application/json', Authorization: BASIC_AUTHORIZATION };
  const response = await (body
    ? fetch(url, { method, headers: { ...headers, 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
    : fetch(url, { method, headers }));
  return response.text();
}

function sendByHttps({ method, url, body }: PlainCall): Promise<string> {
  const json = JSON.stringify(body);
  const headers = {
    Authorization: BASIC_AUTHORIZATION,
    'Cache-Control': 'no-cache',
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(json),
  };
  return new Promise((resolve, reject) => {
    const request = https.request(url, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
    });
    request.on('error', reject);
    request.end(json);
  });
}

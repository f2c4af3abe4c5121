import type { Service } from '../../local/running-service';
import { METHODS } from '../../src/contract/functions';
import { expectDescribedRequest, expectDescribedResponse } from './openapi';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of a body
  readonly body: any;
}

interface Ask {
  readonly bearer?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `POST` with a JSON body. */
export function post(
  service: Service,
  path: string,
  fields: object,
  { bearer, headers }: Ask = {},
): Promise<HttpAnswer> {
  return request(service, path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...authorization(bearer), ...headers },
    body: JSON.stringify(fields),
  });
}

/** `POST` with a form as body. */
export function postForm(
  service: Service,
  path: string,
  fields: Record<string, string> | [string, string][],
  { bearer, headers }: Ask = {},
): Promise<HttpAnswer> {
  return request(service, path, {
    method: 'POST',
    headers: { ...authorization(bearer), ...headers },
    body: new URLSearchParams(fields),
  });
}

export function get(
  service: Service,
  path: string,
  query: Record<string, string> = {},
  { bearer, headers }: Ask = {},
): Promise<HttpAnswer> {
  return request(service, `${path}?${new URLSearchParams(query)}`, {
    headers: { ...authorization(bearer), ...headers },
  });
}

async function request(service: Service, path: string, init: RequestInit): Promise<HttpAnswer> {
  const response = await fetch(`${service.origin}${path}`, init);
  const text = await response.text();
  const answer = {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : JSON.parse(text),
  };
  expectDescribed(path, init, answer);
  return answer;
}

const authorization = (bearer: string | undefined): Record<string, string> =>
  bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` };

/** The response, and the request if it succeeded, must be as `openapi.json` describes them. */
function expectDescribed(path: string, { body }: RequestInit, { status, headers, body: received }: HttpAnswer): void {
  const { pathname, searchParams } = new URL(path, 'http://localhost');
  const name = pathname.slice(1);
  if (!(name in METHODS)) return;
  expectDescribedResponse(name, { status, headers: Object.fromEntries(headers), body: received });
  if (status >= 300) return;
  const form = body instanceof URLSearchParams ? body : searchParams;
  const fields = Object.fromEntries([...form.keys()].map((key) => [key, oneOrAll(form.getAll(key))]));
  if (typeof body === 'string') expectDescribedRequest(name, 'application/json', JSON.parse(body));
  else expectDescribedRequest(name, body === undefined ? 'query' : 'application/x-www-form-urlencoded', fields);
}

const oneOrAll = (values: readonly string[]) => (values.length === 1 ? values[0] : values);

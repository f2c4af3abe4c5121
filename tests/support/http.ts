import type { Service } from '../../local/running-service';

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
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

const authorization = (bearer: string | undefined): Record<string, string> =>
  bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` };

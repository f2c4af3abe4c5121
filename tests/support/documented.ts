import type { RecordedRequest } from '../../sandbox/server';

/** The table of `src/contract/error-codes.ts`, written a second time on purpose: a change there must not pass unnoticed. */
const STATUS_OF: Readonly<Record<string, number>> = {
  invalid_request: 400,
  missing_credentials: 401,
  invalid_token: 401,
  invalid_key: 401,
  forbidden: 403,
  user_not_found: 404,
  user_deactivated: 409,
  rate_limited: 429,
  misconfigured: 500,
  internal_error: 500,
  upstream_error: 502,
  upstream_timeout: 504,
};

interface DocumentedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: its shape is what is checked here
  readonly body: any;
}

/** The fields of `src/api/requests.ts`, a second time on purpose. */
const FIELDS: readonly string[] = [
  'username',
  'Username',
  'flex_user_sid',
  'email',
  'full_name',
  'roles',
  'worker',
  'ttl',
];

/** Expects a documented response: a success as Twilio returned it, or an error in the documented shape. */
export function expectDocumented({ status, headers, body }: DocumentedResponse): void {
  expect(headers).toMatchObject({ 'cache-control': 'no-store', vary: expect.stringContaining('Origin') });
  expect(headers['access-control-allow-origin']).not.toBe('*');
  expect(Object.values(headers)).not.toContain(undefined);
  expect(headers).not.toHaveProperty('access-control-allow-credentials');
  if (status === 204) {
    expect(body).toBe('');
    return;
  }
  expect(headers['content-type']).toMatch(/^application\/json\b/);
  expect(body).toEqual(expect.any(Object));
  if (status < 300) {
    expect([200, 201, 202]).toContain(status);
    return;
  }

  expect(Object.keys(body)).toEqual(
    ['status', 'code', 'message', 'details', 'upstream'].filter((key) => Object.hasOwn(body, key)),
  );
  expect(STATUS_OF[body.code]).toBe(status);
  expect(body.status).toBe(status);
  // A sentence, and no stack or path of a file.
  expect(body.message).toMatch(/^[A-Z].{15,}[.:!?\w]$/s);
  expect(body.message).not.toMatch(/node_modules|\.[cm]?[jt]s\b|\bat \S+ \(|TypeError|RangeError/);
  expect(body.message).not.toContain(process.cwd());
  expect(headers['www-authenticate']).toBe(status === 401 ? 'Bearer' : undefined);
  for (const detail of body.details ?? []) {
    expect(detail).toEqual({
      field: expect.any(String),
      message: expect.stringMatching(/^(must be|must not be|is required:|is not a known field\.|contains) .{8,}$/s),
    });
    if (!detail.message.startsWith('is not a known field.')) expect(FIELDS).toContain(detail.field.split('.')[0]);
    expect(body.message).toContain(detail.field);
  }
  const fields = (body.details ?? []).map(({ field }: { field: string }) => field);
  expect(fields).toEqual([...new Set(fields)]);
  if (body.upstream) {
    expect(Object.keys(body.upstream).filter((key) => !['status', 'code', 'request_id'].includes(key))).toEqual([]);
    expect(body.upstream.status).toEqual(expect.any(Number));
    if ('code' in body.upstream) expect(body.upstream.code).toEqual(expect.any(Number));
    if ('request_id' in body.upstream) expect(body.upstream.request_id).toMatch(/^RQ[0-9a-f]{32}$/i);
  }
}

/** As {@link expectDocumented}, while Twilio works: any error is the caller's fault. */
export function expectCallersFault(response: DocumentedResponse): void {
  expectDocumented(response);
  if (response.status >= 500) throw new Error(`Unexpected ${JSON.stringify(response)}`.slice(0, 3000));
}

const USERS = '/v4/Instances/GO[0-9a-f]{32}/Users';
const USER = `${USERS}/FU[0-9a-fA-F]{32}`;
const VALIDATE = /^POST \/v1\/Accounts\/AC[0-9a-f]{32}\/Tokens\/validate$/;
const CONFIGURATION = /^GET \/v1\/Configuration$/;
const FIND = [new RegExp(`^GET ${USERS}\\?Username=[^&#/?]*$`), new RegExp(`^GET ${USER}$`)];

/** Every request that a Function may send to Twilio. The paths of `src/flex/` are repeated on purpose. */
const ALLOWED: Readonly<Record<string, readonly RegExp[]>> = {
  config: [],
  provision: [VALIDATE, CONFIGURATION, new RegExp(`^POST ${USERS}/Provision$`)],
  lookup: [VALIDATE, CONFIGURATION, ...FIND],
  mint: [VALIDATE, CONFIGURATION, ...FIND, new RegExp(`^POST ${USER}/Tokens$`)],
  deprovision: [VALIDATE, CONFIGURATION, ...FIND, new RegExp(`^POST ${USERS}/Deprovision$`)],
};

const SENT_FIELDS: Readonly<Record<string, readonly string[]>> = {
  validate: ['token'],
  Provision: ['username', 'email', 'full_name', 'roles', 'worker'],
  Tokens: ['ttl'],
  Deprovision: ['flex_user_sid'],
};

/** Expects that a Function sent only its documented requests to Twilio, with only the documented fields. */
export function expectOnlyAllowed(operation: string, requests: readonly RecordedRequest[]): void {
  for (const { method, path, json, body } of requests) {
    expect((ALLOWED[operation] ?? []).filter((allowed) => allowed.test(`${method} ${path}`))).toHaveLength(1);
    const fields = SENT_FIELDS[path.split('/').at(-1) ?? ''];
    if (method === 'GET') expect(body).toBe('');
    else expect(Object.keys(Object(json)).sort()).toEqual([...(fields ?? [])].sort());
  }
}

/** The requests to the Flex Users API. */
export const usersApiRequests = (requests: readonly RecordedRequest[]) =>
  requests.filter(({ service, path }) => service === 'flex-api' && path.startsWith('/v4/'));

/** The requests that change something at Twilio, or create a token. */
export const usersApiChanges = (requests: readonly RecordedRequest[]) =>
  usersApiRequests(requests).filter(({ method }) => method === 'POST');

import { STATUS_OF_CODE } from '../../src/contract/error-codes';
import { type FunctionName, METHODS } from '../../src/contract/functions';
import { asForm, errorBody, REQUESTS, RESPONSES } from './schemas';

interface Description {
  readonly summary: string;
  readonly request?: keyof typeof REQUESTS;
  /** The statuses of a success, and the schema of its body. */
  readonly statuses: readonly number[];
  readonly response?: keyof typeof RESPONSES;
  readonly errors: readonly number[];
}

const COMMON_ERRORS = [400, 401, 403, 429, 500, 502, 504];

const DESCRIPTIONS: Readonly<Record<FunctionName, Description>> = {
  provision: {
    summary: 'Creates or updates a Flex user and its TaskRouter worker.',
    request: 'ProvisionRequest',
    statuses: [200, 201, 202],
    response: 'ProvisionedUser',
    errors: COMMON_ERRORS,
  },
  lookup: {
    summary: 'Returns a Flex user. Without a user, that of the token.',
    request: 'LookupRequest',
    statuses: [200],
    response: 'User',
    errors: [...COMMON_ERRORS, 404],
  },
  mint: {
    summary: 'Returns a Flex token for a user. Without a user, for that of the token.',
    request: 'MintRequest',
    statuses: [200, 201, 202],
    response: 'MintedToken',
    errors: [...COMMON_ERRORS, 404, 409],
  },
  deprovision: {
    summary: 'Deletes the worker and deactivates the Flex user.',
    request: 'DeprovisionRequest',
    statuses: [204],
    errors: [...COMMON_ERRORS, 404],
  },
  config: {
    summary: 'Returns what login.html needs. Ignores the request.',
    statuses: [200],
    response: 'Config',
    errors: [500],
  },
};

const schemaRef = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const headerRef = (name: string) => ({ $ref: `#/components/headers/${name}` });

/** On every response. The two of CORS are there only for a listed origin. */
const HEADERS = {
  'Cache-Control': headerRef('NoStore'),
  Vary: headerRef('VaryByOrigin'),
  'Access-Control-Allow-Origin': headerRef('AllowedOrigin'),
  'Access-Control-Expose-Headers': headerRef('ExposedHeaders'),
};

const codesOf = (status: number) =>
  Object.entries(STATUS_OF_CODE).flatMap(([code, itsStatus]) => (itsStatus === status ? [code] : []));

/** Twilio's `Retry-After` is passed on with these. */
const MAY_HAVE_RETRY_AFTER = [429, 502];

function errorResponse(status: number) {
  const codes = codesOf(status);
  return {
    description: codes.map((code) => `\`${code}\``).join(', '),
    headers: {
      ...HEADERS,
      ...(status === 401 && { 'WWW-Authenticate': headerRef('Bearer') }),
      ...(MAY_HAVE_RETRY_AFTER.includes(status) && { 'Retry-After': headerRef('RetryAfter') }),
    },
    content: { 'application/json': { schema: errorBody(status, codes) } },
  };
}

function responsesOf({ statuses, response, errors }: Description) {
  const success = {
    description: response ? 'Success' : 'Success. No body.',
    headers: HEADERS,
    ...(response && { content: { 'application/json': { schema: schemaRef(response) } } }),
  };
  return Object.fromEntries([
    ...statuses.map((status) => [status, success]),
    ...errors.map((status) => [status, { $ref: `#/components/responses/Error${status}` }]),
  ]);
}

function requestOf(method: string, request: string | undefined) {
  if (request === undefined) return {};
  const { properties = {} } = REQUESTS[request] ?? {};
  const { Token: _, ...fields } = properties;
  if (method === 'GET') {
    return { parameters: Object.entries(fields).map(([name, schema]) => ({ name, in: 'query', schema })) };
  }
  const content = {
    'application/json': { schema: schemaRef(request) },
    'application/x-www-form-urlencoded': { schema: schemaRef(`${request}Form`) },
  };
  return { requestBody: { required: request !== 'LookupRequest' && request !== 'MintRequest', content } };
}

function pathOf(name: FunctionName) {
  const { summary, request, ...rest } = DESCRIPTIONS[name];
  const methods: readonly string[] = METHODS[name];
  return Object.fromEntries(
    methods.map((method) => [
      method.toLowerCase(),
      {
        operationId: methods.length === 1 ? name : `${name}By${method[0]}${method.slice(1).toLowerCase()}`,
        summary,
        ...(request === undefined && { security: [] }),
        ...requestOf(method, request),
        responses: responsesOf({ summary, ...rest }),
      },
    ]),
  );
}

/** Describes the Functions in OpenAPI 3.1, from the schemas that they check requests and responses with. */
export function openApiDocument() {
  const names = Object.keys(METHODS) as FunctionName[];
  const errors = [...new Set(Object.values(STATUS_OF_CODE))];
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sign-in for the Twilio Flex SDK',
      version: '1',
      description: 'Provisions Flex users, looks them up, mints tokens for them and deprovisions them.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The service that serves this file.' }],
    security: [{ flexToken: [] }, { backendKey: [] }, { tokenField: [] }],
    paths: Object.fromEntries(names.map((name) => [`/${name}`, pathOf(name)])),
    components: {
      schemas: {
        ...REQUESTS,
        ...Object.fromEntries(Object.entries(REQUESTS).map(([name, schema]) => [`${name}Form`, asForm(schema)])),
        ...RESPONSES,
      },
      responses: Object.fromEntries(errors.map((status) => [`Error${status}`, errorResponse(status)])),
      headers: {
        NoStore: { required: true, schema: { const: 'no-store' } },
        VaryByOrigin: { required: true, schema: { type: 'string', pattern: '\\bOrigin\\b' } },
        AllowedOrigin: {
          description: 'The origin of the caller, if it is in ALLOWED_ORIGINS or is https://flex.twilio.com.',
          schema: { type: 'string', pattern: '^[a-z][a-z0-9+.-]*://[^/]+$' },
        },
        ExposedHeaders: { schema: { type: 'string' } },
        Bearer: { required: true, schema: { const: 'Bearer' } },
        RetryAfter: { description: 'Seconds, or an HTTP date.', schema: { type: 'string', maxLength: 63 } },
      },
      securitySchemes: {
        flexToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWE',
          description: 'The token of a signed-in Flex user, or of the identity provider if one is set up.',
        },
        backendKey: {
          type: 'http',
          scheme: 'bearer',
          description: 'A key for a server, as `npm run backend-key` creates it. Never in a browser.',
        },
        tokenField: {
          type: 'apiKey',
          in: 'query',
          name: 'Token',
          description: 'The token in the field Token: in the body of a POST, or in the query of a GET.',
        },
      },
    },
  };
}

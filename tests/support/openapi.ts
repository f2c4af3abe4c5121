import Ajv from 'ajv/dist/2020';
import { openApiDocument } from '../../build/openapi/document';
import { METHODS } from '../../src/contract/functions';
import { parseJson } from '../../src/json';

// Holds the description of the Functions against what they do: each response of the tests, and each request that succeeded.

interface Schemas {
  readonly [name: string]: unknown;
}
interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly schema: object }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly responses: Readonly<Record<string, object>>;
}

/** The parsed document, so that nothing is tested that JSON cannot hold. */
const document = JSON.parse(JSON.stringify(openApiDocument())) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<Record<string, Schemas>>;
};

const ajv = new Ajv({
  strict: true,
  strictTypes: false,
  strictRequired: false,
  allErrors: true,
  allowUnionTypes: true,
});
ajv.addKeyword('components');
ajv.addSchema({ $id: 'openapi', components: { schemas: document.components.schemas } });

/** Resolves a reference that is not inside a schema. */
function resolve<T>(value: T): T {
  const { $ref } = Object(value) as { $ref?: string };
  if ($ref === undefined) return value;
  const [, , section = '', name = ''] = $ref.split('/');
  return document.components[section]?.[name] as T;
}

const validators = new Map<string, ReturnType<typeof ajv.compile>>();

function expectValid(what: string, schema: object, value: unknown): void {
  const text = JSON.stringify(schema).replaceAll('"#/components/', '"openapi#/components/');
  const validate = validators.get(text) ?? ajv.compile(JSON.parse(text));
  validators.set(text, validate);
  if (!validate(value)) throw new Error(`openapi.json does not describe ${what}: ${ajv.errorsText(validate.errors)}`);
}

/** The operation of a Function. Other methods reach it too, but are not described; the last described one stands for them. */
function operationOf(name: string, method?: string): Operation | undefined {
  const methods = document.paths[`/${name}`] ?? {};
  return methods[method?.toLowerCase() ?? ''] ?? Object.values(methods).at(-1);
}

export interface DescribedResponse {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

/** Throws if a response of a Function is not described: its status, each header and the body. */
export function expectDescribedResponse(name: string, { status, headers, body }: DescribedResponse): void {
  const response = resolve(operationOf(name)?.responses[status]) as
    | { headers: Record<string, object>; content?: Record<string, { schema: object }> }
    | undefined;
  if (!response) throw new Error(`openapi.json does not describe the status ${status} of ${name}`);
  for (const [header, reference] of Object.entries(response.headers)) {
    const { required, schema } = resolve(reference) as { required?: true; schema: object };
    const value = headers[header.toLowerCase()];
    if (value !== undefined) expectValid(`the header ${header}`, schema, value);
    else if (required) throw new Error(`openapi.json describes the header ${header}, which is missing`);
  }
  for (const header of ['WWW-Authenticate', 'Retry-After']) {
    if (headers[header.toLowerCase()] !== undefined && !(header in response.headers)) {
      throw new Error(`openapi.json does not describe the header ${header} of ${status}`);
    }
  }
  const schema = response.content?.['application/json']?.schema;
  if (schema) expectValid(`the body of ${status} from ${name}`, schema, body);
  else if (body !== '' && body !== undefined) throw new Error(`openapi.json describes no body of ${status}`);
}

type RequestKind = 'application/json' | 'application/x-www-form-urlencoded' | 'query';

/** Throws if the fields of a request that succeeded are not described. */
export function expectDescribedRequest(
  name: string,
  kind: RequestKind,
  fields: Readonly<Record<string, unknown>>,
): void {
  // `/config` ignores what it is sent.
  if (name === 'config' || !(name in METHODS)) return;
  if (kind === 'application/json') {
    expectBody(name, kind, fields);
    return;
  }
  const { ttl, worker } = fields;
  if (typeof worker === 'string' && typeof parseJson(worker) !== 'object') throw new Error('worker is not JSON');
  const typed = { ...fields, ...(typeof ttl === 'string' && /^\d+$/.test(ttl) && { ttl: Number(ttl) }) };
  if (kind === 'application/x-www-form-urlencoded' || !operationOf(name, 'GET')?.parameters) {
    expectBody(name, 'application/x-www-form-urlencoded', typed);
    return;
  }
  const parameters = operationOf(name, 'GET')?.parameters ?? [];
  for (const [field, value] of Object.entries(typed)) {
    const parameter = parameters.find((known) => known.name === field);
    if (parameter) expectValid(`the parameter ${field}`, parameter.schema, value);
    else if (field !== 'Token') throw new Error(`openapi.json does not describe the parameter ${field} of ${name}`);
  }
}

function expectBody(name: string, kind: string, fields: unknown): void {
  const schema = operationOf(name, 'POST')?.requestBody?.content[kind]?.schema;
  if (!schema) throw new Error(`openapi.json does not describe ${kind} for ${name}`);
  expectValid(`a request of ${name}`, schema, fields);
}

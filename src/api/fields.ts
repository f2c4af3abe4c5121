import * as v from 'valibot';
import type { FieldFault } from '../contract/responses';
import { ApiError } from '../errors';
import { readHeader } from '../http/headers';
import { isRecord, ownValue, parseJson } from '../json';
import { findUnknownFields } from './unknown-fields';

/** The known fields of a request, as JSON values. */
export type Fields = Readonly<Record<string, unknown>>;

type Entries = v.ObjectEntries;

/**
 * Reads the fields of a request from its JSON body, form or query.
 *
 * @param checkTogether finds the faults that the schema cannot express
 * @throws {ApiError} `invalid_request` that lists all invalid and unknown fields
 */
export function parseFields<const Schema extends v.ObjectSchema<Entries, undefined>>(
  schema: Schema,
  event: unknown,
  checkTogether: (fields: Fields) => readonly FieldFault[],
): v.InferOutput<Schema> {
  const known = Object.keys(schema.entries);
  const given = isRecord(event) ? Object.keys(event) : [];
  const fields = readFields(event, known);
  const result = v.safeParse(schema, fields);
  const faults = [...(result.issues ?? []).map(toFault), ...checkTogether(fields), ...findUnknownFields(given, known)];
  if (result.success && faults.length === 0) return result.output;
  // The first fault of a field is enough.
  const details = faults.filter(({ field }, index) => faults.findIndex((other) => other.field === field) === index);
  const names = details.map(({ field }) => field).join(', ');
  const advice = given.some(looksLikeJson)
    ? ' The body looks like JSON: send it as Content-Type: application/json.'
    : '';
  throw new ApiError('invalid_request', `Invalid fields: ${names}. Fix them and retry.${advice}`, { details });
}

/** `curl -d '{…}'` sends a form: one field, whose name is the JSON. */
const looksLikeJson = (name: string) => name.trimStart().startsWith('{');

function toFault(issue: v.BaseIssue<unknown>): FieldFault {
  const isMissing = issue.input === undefined;
  return { field: `${v.getDotPath(issue)}`, message: isMissing ? `is required: ${issue.message}` : issue.message };
}

/** Forms and queries hold only strings. JSON has types, which count there. */
const FROM_TEXT: Readonly<Record<string, (value: string) => unknown>> = {
  worker: (value) => parseJson(value) ?? value,
  ttl: (value) => (/^[0-9]{1,12}$/.test(value) ? Number(value) : value),
};

function readFields(event: unknown, names: readonly string[]): Fields {
  // The platform parses the body by the first Content-Type. A caller may have put any value there.
  const [type] = [readHeader(event, 'content-type')].flat();
  const isJson = typeof type === 'string' && /^application\/json\b/i.test(type);
  const read = (name: string) => {
    const value = ownValue(event, name);
    if (isJson) return value;
    if (name === 'roles') return splitAtCommas(value);
    return typeof value === 'string' ? (FROM_TEXT[name]?.(value) ?? value) : value;
  };
  return Object.fromEntries(names.map((name) => [name, read(name)]));
}

/** `roles=agent,supervisor` and `roles=agent&roles=supervisor` are the same. */
function splitAtCommas(value: unknown): unknown {
  const parts = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(parts) || !parts.every((part) => typeof part === 'string')) return value;
  return parts.flatMap((part) => part.split(',')).map((part) => part.trim());
}

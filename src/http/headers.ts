import { isRecord, ownValue } from '../json';

/** A header of the request, as the platform hands it over: lower-case name; several of one name are an array. */
export function readHeader(event: unknown, name: string): unknown {
  const request = ownValue(event, 'request');
  const headers = isRecord(request) ? ownValue(request, 'headers') : undefined;
  return isRecord(headers) ? ownValue(headers, name) : undefined;
}

import { isRecord, ownValue } from '../json';

/**
 * Reads a header of the request. The platform gives names in lower case, and repeated headers as an array. A caller can replace the
 * headers, so the value proves nothing by itself.
 */
export function readHeader(event: unknown, name: string): unknown {
  const request = ownValue(event, 'request');
  const headers = isRecord(request) ? ownValue(request, 'headers') : undefined;
  return isRecord(headers) ? ownValue(headers, name) : undefined;
}

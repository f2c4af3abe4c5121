import { readdirSync, readFileSync } from 'node:fs';
import { OPENAPI_FILE, openApiText } from '../../build/openapi';
import { openApiDocument } from '../../build/openapi/document';
import { expectDescribedRequest, expectDescribedResponse } from '../support/openapi';

// The responses and requests of all other tests are held against the document, too: see `tests/support/openapi.ts`.

it('assets/openapi.json is current (npm run build updates it)', () => {
  expect(readFileSync(OPENAPI_FILE, 'utf8')).toBe(openApiText());
});

it('describes a path for each Function, and no others', () => {
  const functions = readdirSync('src/functions').map((file) => `/${file.replace('.ts', '')}`);
  expect(Object.keys(openApiDocument().paths).sort()).toEqual(functions.sort());
});

const USER = { username: 'a', email: 'b', full_name: 'c', roles: ['agent'] };
const HEADERS = { 'cache-control': 'no-store', vary: 'Origin' };
const ERROR = { status: 404, code: 'user_not_found', message: 'There is no such user.' };

describe('the description of requests', () => {
  it.each([
    ['provision', { ...USER, worker: { attributes: { a: 1 } } }],
    ['lookup', {}],
    ['mint', { Username: 'a', ttl: 1 }],
    ['deprovision', { flex_user_sid: `FU${'a'.repeat(32)}`, Token: 'x' }],
  ])('accepts a valid one of %s', (name, fields) => {
    expect(() => expectDescribedRequest(name, 'application/json', fields)).not.toThrow();
  });

  it.each([
    ['provision', { ...USER, attributes: {} }],
    ['provision', { ...USER, worker: { language: 'x' } }],
    ['provision', { ...USER, roles: ['boss'] }],
    ['provision', { ...USER, username: 'x'.repeat(257) }],
    ['provision', { ...USER, username: '' }],
    ['provision', { ...USER, full_name: 'Zo\u0092' }],
    ['provision', { username: 'a' }],
    ['lookup', { username: 'a', flex_user_sid: `FU${'a'.repeat(32)}` }],
    ['lookup', { flex_user_sid: 'FU' }],
    ['mint', { ttl: 0 }],
    ['mint', { ttl: '60' }],
    ['mint', { userName: 'a' }],
    ['deprovision', {}],
  ])('rejects an invalid one of %s: %j', (name, fields) => {
    expect(() => expectDescribedRequest(name, 'application/json', fields)).toThrow('does not describe a request');
  });

  it('describes the fields of a form as they are sent', () => {
    const form = (fields: object) => () =>
      expectDescribedRequest('provision', 'application/x-www-form-urlencoded', { ...USER, ...fields });
    for (const roles of ['agent', ' agent , admin ', ['agent', 'admin,supervisor']])
      expect(form({ roles })).not.toThrow();
    expect(form({ roles: 'agent', worker: '{"attributes":{}}' })).not.toThrow();
    for (const roles of ['', 'agent,', 'boss', []]) expect(form({ roles })).toThrow();
    expect(form({ roles: 'agent', worker: {} })).toThrow();
  });
});

describe('the description of responses', () => {
  it.each([
    ['a success', 'lookup', { status: 200, body: { flex_user_sid: `FU${'a'.repeat(32)}`, username: 'a', more: 1 } }],
    ['an empty success', 'deprovision', { status: 204, body: '' }],
    ['an error', 'lookup', { status: 404, body: ERROR }],
  ])('accepts %s', (_, name, response) => {
    expect(() => expectDescribedResponse(name, { headers: HEADERS, ...response })).not.toThrow();
  });

  it.each([
    ['a status that the Function does not return', 'provision', { status: 404, body: ERROR }, {}],
    ['a code of another status', 'lookup', { status: 404, body: { ...ERROR, code: 'forbidden' } }, {}],
    ['another status in the body', 'lookup', { status: 404, body: { ...ERROR, status: 403 } }, {}],
    ['an error without a message', 'lookup', { status: 404, body: { status: 404, code: 'user_not_found' } }, {}],
    ['an error with a stack', 'lookup', { status: 404, body: { ...ERROR, stack: 'at x' } }, {}],
    ['a success without a SID', 'lookup', { status: 200, body: { username: 'a' } }, {}],
    ['a body of a 204', 'deprovision', { status: 204, body: {} }, {}],
    ['a response that may be cached', 'lookup', { status: 404, body: ERROR }, { 'cache-control': 'public' }],
    ['CORS for every origin', 'lookup', { status: 404, body: ERROR }, { 'access-control-allow-origin': '*' }],
    [
      '401 without WWW-Authenticate',
      'lookup',
      { status: 401, body: { ...ERROR, status: 401, code: 'invalid_key' } },
      {},
    ],
    ['Retry-After of a 404', 'lookup', { status: 404, body: ERROR }, { 'retry-after': '7' }],
  ])('rejects %s', (_, name, response, headers) => {
    expect(() => expectDescribedResponse(name, { headers: { ...HEADERS, ...headers }, ...response })).toThrow();
  });
});

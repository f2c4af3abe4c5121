import { interceptTwilio } from '../../sandbox/interception';
import { type Fault, type Sandbox, startSandbox } from '../../sandbox/server';
import { runValidator } from '../../src/auth/validator';
import { readSettings } from '../../src/settings/settings';
import { UpstreamCall } from '../../src/upstream/call';
import { onTestClock } from '../support/test-clock';

// The time left is too short for a retry. `waiting.test.ts` has the same with all the time that a call has.

let sandbox: Sandbox;
let endInterception: () => void;

beforeEach(async () => {
  sandbox = await startSandbox();
  endInterception = interceptTwilio(sandbox.origin);
});
afterEach(async () => {
  endInterception();
  await sandbox.close();
});

const LIMIT_MS = 400;

async function validate(limitMs = 60_000): Promise<{ accepted: boolean; response: object }> {
  const token = await sandbox.tokenFor('agent');
  return runValidator(token, readSettings(sandbox.environment()), new UpstreamCall(performance.now() + limitMs));
}

it('returns the response and the validator’s verdict on it', async () => {
  const { accepted, response } = await validate();
  expect(accepted).toBe(true);
  expect(response).toEqual({
    status: 200,
    text: expect.stringContaining('"valid":true'),
    requestId: sandbox.requests[0]?.requestId,
    retryAfter: undefined,
  });
});

it('returns a response that the validator does not accept', async () => {
  sandbox.fault({ host: 'iam', status: 500, retryAfter: 7 });
  expect(await validate()).toMatchObject({ accepted: false, response: { status: 500, retryAfter: '7' } });
});

const broken = { code: 'upstream_error', options: { reason: 'ECONNRESET' } };
const troubles: [string, Fault, object][] = [
  ['the connection is reset', { reset: 'before-headers' }, broken],
  ['the connection is reset in the middle of the response', { reset: 'mid-body' }, { code: 'upstream_error' }],
  ['no response comes', { hang: 'before-headers' }, { code: 'upstream_timeout' }],
  ['the response stops in the middle', { hang: 'mid-body' }, { code: 'upstream_timeout' }],
];

it.each(troubles)('does not find out in time if %s', async (_, fault, error) => {
  sandbox.fault({ host: 'iam', ...fault });
  const validating = onTestClock(
    () => validate(LIMIT_MS),
    () => fault.hang !== undefined && sandbox.requestsTo('iam').length > 0,
  );
  await expect(validating).rejects.toMatchObject(error);
  expect(sandbox.requestsTo('iam')).toHaveLength(1);
});

it('reports the system’s error if nothing listens', async () => {
  await sandbox.close();
  await expect(onTestClock(() => validate(LIMIT_MS))).rejects.toMatchObject({
    code: 'upstream_error',
    options: { reason: 'ECONNREFUSED' },
  });
});

it('leaves the requests of everybody else alone, before, during and after', async () => {
  const https = require('node:https');
  const { request } = https;
  const token = await sandbox.tokenFor('agent');
  sandbox.fault({ host: 'iam', delayMs: 100 });
  const validation = runValidator(
    token,
    readSettings(sandbox.environment()),
    new UpstreamCall(performance.now() + 60_000),
  );
  while (sandbox.requestsTo('iam').length === 0) await new Promise(setImmediate);
  expect(https.request).toBe(request);
  await validation;
  expect(https.request).toBe(request);
});

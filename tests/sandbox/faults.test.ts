import { interceptTwilio } from '../../sandbox/interception';
import { type Fault, type Sandbox, startSandbox } from '../../sandbox/server';
import { basic, CALLERS, requestSandbox } from './support';

let sandbox: Sandbox;
let undo: () => void;
beforeAll(async () => {
  sandbox = await startSandbox();
  undo = interceptTwilio(sandbox.origin);
});
beforeEach(() => sandbox.reset());
afterAll(async () => {
  undo();
  await sandbox.close();
});

const list = () => `https://flex-api.twilio.com/v4/Instances/${sandbox.instanceSid}/Users?Username=agent@example.com`;
const untilAsked = async ({ requests }: Sandbox) => {
  while (requests.length === 0) await new Promise(setImmediate);
};
const headers = () => basic(sandbox.accountSid, sandbox.authToken);

describe.each(CALLERS)('a fault of the sandbox, as %s sees it:', (caller, call) => {
  const get = (signal?: AbortSignal) => call(list(), signal ? { headers: headers(), signal } : { headers: headers() });
  const isNetworkError = caller === 'fetch' ? { name: 'TypeError' } : { code: 'ECONNRESET' };

  it.each([
    [429, 20429],
    [401, 20003],
    [500, 20500],
    [503, 20503],
  ])('the status %i alone comes with Twilio’s error body', async (status, code) => {
    sandbox.fault({ status, retryAfter: 3 });
    const answer = await get();
    expect(answer.status).toBe(status);
    expect(answer.header('retry-after')).toBe('3');
    expect(answer.header('twilio-request-id')).toMatch(/^RQ[0-9a-f]{32}$/);
    const more_info = `https://www.twilio.com/docs/errors/${code}`;
    expect(JSON.parse(await answer.text())).toEqual({ code, status, more_info, message: expect.any(String) });
  });

  it('a status below 400 replaces that of the real response', async () => {
    sandbox.fault({ status: 202 });
    const answer = await get();
    expect(answer.status).toBe(202);
    expect(JSON.parse(await answer.text())).toMatchObject({ users: [{ username: 'agent@example.com' }] });
  });

  it('a body is sent as defined: an object as JSON, a string unchanged', async () => {
    sandbox.fault({ body: { odd: true }, headers: { 'X-Odd': 'yes' }, times: 1 });
    sandbox.fault({ body: '<html>', contentType: 'text/html', status: 502 });
    const json = await get();
    expect([json.status, json.header('x-odd'), json.header('content-type')]).toEqual([200, 'yes', 'application/json']);
    expect(await json.text()).toBe('{"odd":true}');
    const html = await get();
    expect([html.status, html.header('content-type'), await html.text()]).toEqual([502, 'text/html', '<html>']);
  });

  it('a delay comes before the real response', async () => {
    sandbox.fault({ delayMs: 60 });
    const startedAtMs = performance.now();
    expect((await get()).status).toBe(200);
    expect(performance.now() - startedAtMs).toBeGreaterThan(55);
  });

  it('broken JSON is a 200 with a truncated body', async () => {
    sandbox.fault({ brokenJson: true });
    const answer = await get();
    const text = await answer.text();
    expect([answer.status, answer.header('content-type')]).toEqual([200, 'application/json']);
    expect(text).toMatch(/^\{"account_sid"/);
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
  });

  it('a reset before the headers is a network error, and the request has no effect', async () => {
    sandbox.fault({ reset: 'before-headers' });
    await expect(get()).rejects.toMatchObject(isNetworkError);
    expect(sandbox.requests).toHaveLength(1);
  });

  it('a reset in the middle of the body breaks only the body', async () => {
    sandbox.fault({ reset: 'mid-body' });
    const answer = await get();
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toMatchObject(isNetworkError);
  });

  it('a hang before the headers lasts until the caller gives up', async () => {
    sandbox.fault({ hang: 'before-headers' });
    await expect(get(AbortSignal.timeout(50))).rejects.toMatchObject({ name: /Abort|Timeout/ });
  });

  it('a hang in the middle of the body lasts until the caller gives up', async () => {
    sandbox.fault({ hang: 'mid-body' });
    const patience = new AbortController();
    const answer = await get(patience.signal);
    expect(answer.status).toBe(200);
    const failed = expect(answer.text()).rejects.toMatchObject(
      caller === 'fetch' ? { name: 'AbortError' } : { code: 'ECONNRESET' },
    );
    patience.abort();
    await failed;
  });

  it.each(['before-headers', 'mid-body'] as const)('a hang %s ends when the sandbox closes', async (hang) => {
    const other = await startSandbox();
    undo();
    undo = interceptTwilio(other.origin);
    other.fault({ hang });
    const read = get().then((answer) => answer.text());
    const broken = expect(read).rejects.toMatchObject(isNetworkError);
    await untilAsked(other);
    await other.close();
    await broken;
    undo();
    undo = interceptTwilio(sandbox.origin);
  });
});

describe('a fault of the sandbox', () => {
  const status = async (method: string, hostAndPath: string) =>
    (await requestSandbox(sandbox, method, hostAndPath)).status;
  const users = () => `flex-api.twilio.com/v4/Instances/${sandbox.instanceSid}/Users`;

  it('affects requests by host, method and path, and no others', async () => {
    sandbox.fault({ host: 'flex-api', method: 'get', path: /Users\?Username=/g, status: 503 });
    expect(await status('GET', `${users()}?Username=x`)).toBe(503);
    expect(await status('GET', `${users()}?Username=x`)).toBe(503);
    expect(await status('GET', `${users()}/x`)).toBe(404);
    expect(await status('POST', `${users()}?Username=x`)).toBe(404);
    expect(await status('GET', 'iam.twilio.com/Users?Username=')).toBe(404);
  });

  it('affects the first few requests; then comes the next fault', async () => {
    sandbox.fault({ times: 2, status: 429 });
    sandbox.fault({ times: 1, status: 503 });
    const statuses = [];
    for (let i = 0; i < 4; i += 1) statuses.push(await status('GET', users()));
    expect(statuses).toEqual([429, 429, 503, 200]);
  });

  it('is removed by a reset of the sandbox', async () => {
    sandbox.fault({ status: 500 });
    sandbox.reset();
    expect(await status('GET', users())).toBe(200);
  });

  it.each<Fault>([{ status: 503 }, { hang: 'before-headers' }, { reset: 'before-headers' }])(
    'leaves the request without effect if %j replaces the response',
    async (fault) => {
      sandbox.fault(fault);
      const { flexUserSid: flex_user_sid, username } = sandbox.users.agent;
      const patience = new AbortController();
      const over = fetch(`https://${users()}/Deprovision`, {
        method: 'POST',
        headers: headers(),
        body: JSON.stringify({ flex_user_sid }),
        signal: patience.signal,
      }).catch(() => undefined);
      await untilAsked(sandbox);
      if (fault.hang) patience.abort();
      await over;
      expect(sandbox.user(username)).toMatchObject({ deactivated: false });
    },
  );

  it('leaves the effect of the request if only the response is lost', async () => {
    sandbox.fault({ reset: 'mid-body' });
    const { flexUserSid: flex_user_sid, username } = sandbox.users.agent;
    const body = JSON.stringify({ flex_user_sid });
    const response = await fetch(`https://${users()}/Deprovision`, { method: 'POST', headers: headers(), body });
    await expect(response.text()).rejects.toMatchObject({ name: 'TypeError' });
    expect(sandbox.user(username)).toMatchObject({ deactivated: true });
  });
});

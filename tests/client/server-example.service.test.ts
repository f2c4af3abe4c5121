import { createServer } from '../../examples/server/server';
import { type Service, startService } from '../../local/running-service';
import { backendKey } from '../support/backend-keys';

const { key, entry } = backendKey('server', 'mint');
let service: Service | undefined;
beforeAll(async () => {
  service = await startService({ BACKEND_KEYS: entry });
});
afterAll(() => service?.close());

const passwords = { 'agent@example.com': 'correct horse', 'unknown@example.com': 'battery staple' };
const server = () => createServer({ service: service?.origin ?? '', backendKey: key, passwords });

async function signIn(app: ReturnType<typeof server>, username: string, password: string) {
  const response = await app.request('/sign-in', { method: 'POST', body: new URLSearchParams({ username, password }) });
  return { status: response.status, cookie: response.headers.get('set-cookie') ?? '' };
}

const flexToken = (app: ReturnType<typeof server>, cookie: string) =>
  app.request('/flex-token', { method: 'POST', headers: { Cookie: cookie.split(';')[0] ?? '' } });

it('mints a Flex token for the user of the session', async () => {
  const app = server();
  const { status, cookie } = await signIn(app, 'agent@example.com', 'correct horse');
  expect({ status, cookie }).toEqual({ status: 200, cookie: expect.stringMatching(/HttpOnly; SameSite=Strict$/) });
  const response = await flexToken(app, cookie);
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(await response.json()).toMatchObject({ token_info: { username: 'agent@example.com' } });
});

it.each([
  ['agent@example.com', 'wrong'],
  ['agent@example.com', ''],
  ['nobody@example.com', 'correct horse'],
  ['constructor', ''],
])('does not sign in %j with the password %j', async (username, password) => {
  expect(await signIn(server(), username, password)).toEqual({ status: 401, cookie: '' });
});

it('mints nothing without a session, or with a forged one', async () => {
  const app = server();
  const { cookie } = await signIn(app, 'unknown@example.com', 'battery staple');
  const forged = cookie.replace('unknown', 'agent');
  for (const shown of ['', 'session=agent@example.com', forged]) {
    expect((await flexToken(app, shown)).status).toBe(401);
  }
});

it('passes the reason on if Twilio has no such user', async () => {
  const app = server();
  const response = await flexToken(app, (await signIn(app, 'unknown@example.com', 'battery staple')).cookie);
  expect({ status: response.status, body: await response.json() }).toMatchObject({
    status: 502,
    body: { code: 'user_not_found' },
  });
});

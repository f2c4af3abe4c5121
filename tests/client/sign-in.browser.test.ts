import type { Page } from 'playwright-core';
import { ELSEWHERE } from '../../local/chromium';
import { useSite } from './support/in-browser';

const here = useSite();

beforeEach(() => here.page.goto(`http://127.0.0.1:${here.site.port}/lab`));

/** Begins a sign-in in the app's page. @returns the window that it has opened */
async function begin(options: object = {}): Promise<Page> {
  const opened = here.page.waitForEvent('popup');
  await here.page.evaluate(`begin(${JSON.stringify({ service: here.service.origin, ...options })})`);
  return opened;
}
const press = (popup: Page, name: string) => popup.getByRole('button', { name }).click();
const atIdentityProvider = (popup: Page) => popup.getByRole('button', { name: 'Example Agent' }).waitFor();
const outcome = (): Promise<Record<string, unknown>> => here.page.evaluate('outcome');
const isPending = (): Promise<boolean> =>
  here.page.evaluate(`Promise.race([outcome, 'pending']).then((is) => is === 'pending')`);
const alertOf = (popup: Page, text: string) => popup.getByRole('alert').filter({ hasText: text }).waitFor();

/** The way it ended, and that nothing goes on: neither a window nor a listener nor a timer. */
async function ending(popup: Page): Promise<Record<string, unknown>> {
  const how = await outcome();
  if (!popup.isClosed()) await popup.waitForEvent('close');
  expect(await here.page.evaluate('left')).toEqual({ listeners: 0, intervals: 0, timeouts: 0 });
  return how;
}

it.each(['127.0.0.1', 'localhost'])(
  'gives an app at %s the session that it can call the service with',
  async (host) => {
    await here.page.goto(`http://${host}:${here.site.port}/lab`);
    const popup = await begin();
    await press(popup, 'Example Agent');
    const { username, flexUserSid } = here.service.sandbox.users.agent;
    expect(await ending(popup)).toEqual({
      session: expect.objectContaining({ accessToken: expect.any(String), username, roles: ['agent'] }),
    });
    const user = await here.page.evaluate(`outcome.then(({ session }) =>
    createFlexAuth({ service: '${here.service.origin}', token: () => session.accessToken }).lookup())`);
    expect(user).toMatchObject({ flex_user_sid: flexUserSid });
  },
);

describe('is rejected, and leaves nothing behind', () => {
  it('with the reason of the sign-in page, where the person declines', async () => {
    const popup = await begin();
    await press(popup, 'Refuse to sign in');
    expect(await ending(popup)).toMatchObject({
      ...{ name: 'FlexAuthError', code: 'sign_in_refused', reason: 'denied' },
      message: expect.stringMatching(/^The sign-in was declined/),
    });
  });

  it('with the reason of the sign-in page, where that cannot even send the person on', async () => {
    here.service.sandbox.signIn.configure({ active: false });
    const popup = await begin();
    expect(await ending(popup)).toMatchObject({ code: 'sign_in_refused', reason: 'no-configuration' });
  });

  it('where the person closes the window', async () => {
    const popup = await begin();
    await atIdentityProvider(popup);
    await popup.close();
    expect(await ending(popup)).toMatchObject({
      code: 'popup_closed',
      message: expect.stringContaining('Sign in again'),
    });
  });

  it('where nobody signs in for too long', async () => {
    const popup = await begin({ timeLimitMs: 500 });
    expect(await ending(popup)).toMatchObject({ code: 'sign_in_timeout' });
  });

  it('where the app calls it off, with the app’s reason', async () => {
    const opened = here.page.waitForEvent('popup');
    await here.page.evaluate(`{
      globalThis.calling = new AbortController();
      begin({ service: '${here.service.origin}', signal: calling.signal });
    }`);
    const popup = await opened;
    await atIdentityProvider(popup);
    await here.page.evaluate(`calling.abort(new TypeError('another page'))`);
    expect(await ending(popup)).toMatchObject({ name: 'TypeError', message: 'another page' });
  });

  it.each([
    ['no window', 'null'],
    ['a window that is closed already', '({ closed: true, close() {} })'],
  ])('where the browser blocks the window and gives the app %s', async (_, given) => {
    await here.page.evaluate(`{ window.open = () => ${given}; begin({ service: '${here.service.origin}' }); }`);
    expect(await outcome()).toMatchObject({ code: 'popup_blocked', message: expect.stringContaining('Allow pop-ups') });
    expect(await here.page.evaluate('left')).toEqual({ listeners: 0, intervals: 0, timeouts: 0 });
  });

  it.each([
    ['it was called off before', `signal: AbortSignal.abort(new TypeError('before'))`],
    ['the service is no origin', `service: 'https://flex.example/login.html'`],
  ])('and opens no window, where %s', async (_, option) => {
    await here.page.evaluate(
      `{ window.open = () => { throw new Error('opened') }; begin({ service: '${here.service.origin}', ${option} }); }`,
    );
    expect(await outcome()).toMatchObject({ name: 'TypeError' });
    expect(await here.page.evaluate('left')).toEqual({ listeners: 0, intervals: 0, timeouts: 0 });
  });
});

it('tells nothing to an origin that is not listed, and names ALLOWED_ORIGINS once the window is closed', async () => {
  await here.page.goto(`http://${ELSEWHERE}:${here.site.port}/lab`);
  const popup = await begin();
  await alertOf(popup, 'may not receive your session');
  expect(await isPending()).toBe(true);
  await popup.close();
  const { code, message } = await ending(popup);
  expect(code).toBe('popup_closed');
  expect(message).toContain(
    `add http://${ELSEWHERE}:${here.site.port} to the ALLOWED_ORIGINS of ${here.service.origin}`,
  );
});

it('takes a session from nobody but the window that it opened, at the service, in the documented shape', async () => {
  const session = {
    accessToken: 'false',
    expiresAt: '2030-01-01T00:00:00Z',
    identity: 'x',
    roles: [],
    accountSid: 'AC',
  };
  const send = (data: unknown, to: string) => `${to}.postMessage(${JSON.stringify(data)}, '*')`;
  const message = { type: 'flex-auth:session', session };
  const popup = await begin();
  await atIdentityProvider(popup);
  await here.page.evaluate(`{ globalThis.heard = 0; addEventListener('message', () => { heard += 1; }); }`);
  const hasHeard = (count: number) => here.page.waitForFunction(`heard === ${count}`);

  // Another sender: the app itself, and a page of the service that it shows in a frame.
  await here.page.evaluate(send(message, 'window'));
  await here.page.evaluate(
    `document.body.append(Object.assign(document.createElement('iframe'), { src: '${here.service.origin}/login-icon.svg' }))`,
  );
  await here.page.waitForFunction('frames.length === 1');
  const frame = here.page.frames()[1];
  await frame?.waitForURL(`${here.service.origin}/login-icon.svg`);
  await frame?.evaluate(send(message, 'parent'));
  // The right window, at another origin.
  await popup.evaluate(send(message, 'opener'));
  await popup.evaluate(send({ type: 'flex-auth:refused', reason: 'denied', message: 'No' }, 'opener'));
  await hasHeard(4);
  // The right window at the right place, with something else to say.
  await popup.evaluate(`location.href = '${here.service.origin}/login-icon.svg'`);
  await popup.waitForURL(`${here.service.origin}/login-icon.svg`);
  const others = [
    ...['flex-auth:session', null, 7, [message], {}, { ...message, type: 'session' }, { type: 'flex-auth:session' }],
    ...Object.keys(session).map((field) => ({ ...message, session: { ...session, [field]: undefined } })),
    { ...message, session: { ...session, accessToken: '' } },
    { ...message, session: { ...session, roles: 'agent' } },
    { ...message, session: { ...session, roles: [7] } },
    { ...message, session: [session] },
  ];
  for (const other of others) await popup.evaluate(send(other, 'opener'));
  await hasHeard(4 + others.length);
  expect(await isPending()).toBe(true);

  await popup.evaluate(send({ ...message, session: { ...session, accessToken: 'true' } }, 'opener'));
  expect(await outcome()).toEqual({ session: { ...session, accessToken: 'true' } });
});

it('says at once that the window is closed, where the identity provider cuts it off from the app', async () => {
  await here.context.route('https://services.twilio.com/v1/Flex/Authorize*', (route) =>
    route.fulfill({
      contentType: 'text/html',
      headers: { 'Cross-Origin-Opener-Policy': 'same-origin' },
      body: '<h1>A cautious identity provider</h1>',
    }),
  );
  const popup = await begin();
  expect(await outcome()).toMatchObject({ code: 'popup_closed' });
  expect(popup.isClosed()).toBe(false);
});

it('says that the answers cannot be read, where the origin is not listed, and names it', async () => {
  await here.page.goto(`http://${ELSEWHERE}:${here.site.port}/lab`);
  const told =
    await here.page.evaluate(`createFlexAuth({ service: '${here.service.origin}', token: () => 'a.token' }).lookup()
    .catch(({ code, message }) => ({ code, message }))`);
  expect(told).toEqual({
    code: 'network_error',
    message: expect.stringContaining(`add http://${ELSEWHERE}:${here.site.port} to the service's ALLOWED_ORIGINS`),
  });
});

import type { Page } from 'playwright-core';
import { ELSEWHERE } from '../../local/chromium';
import { useSite } from './support/in-browser';

const here = useSite();

beforeEach(() => here.page.goto(`http://127.0.0.1:${here.site.port}/lab`));

/** Starts a sign-in in the app's page. @returns the popup that it opened */
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

const nothingLeft = async () =>
  expect(await here.page.evaluate('left')).toEqual({ listeners: 0, intervals: 0, timeouts: 0 });

/** The outcome, after the popup has closed and neither a listener nor a timer is left. */
async function ending(popup: Page): Promise<Record<string, unknown>> {
  const how = await outcome();
  if (!popup.isClosed()) await popup.waitForEvent('close');
  await nothingLeft();
  return how;
}

/** The outcome of a refusal: the popup is still open, with the reason in it, until the person closes it. */
async function refusal(popup: Page, text: string): Promise<Record<string, unknown>> {
  const how = await outcome();
  await nothingLeft();
  await alertOf(popup, text);
  expect(popup.isClosed()).toBe(false);
  return how;
}

it.each(['127.0.0.1', 'localhost'])(
  'resolves with a session that can call the service, for an app at %s',
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

describe('signIn rejects and leaves nothing behind', () => {
  it('with the page’s reason if the person declines, and leaves the popup open', async () => {
    const popup = await begin();
    await press(popup, 'Refuse to sign in');
    const how = await refusal(popup, 'declined');
    expect(how).toMatchObject({ name: 'FlexAuthError', code: 'sign_in_refused', reason: 'denied' });
  });

  it('with the page’s reason if there is no active connection, and leaves the popup open', async () => {
    here.service.sandbox.signIn.configure({ active: false });
    const popup = await begin();
    const how = await refusal(popup, 'Single sign-on is not');
    expect(how).toMatchObject({ code: 'sign_in_refused', reason: 'no-configuration' });
  });

  it('if the person closes the popup', async () => {
    const popup = await begin();
    await atIdentityProvider(popup);
    await popup.close();
    expect(await ending(popup)).toMatchObject({
      code: 'popup_closed',
      message: expect.stringContaining('Try again'),
    });
  });

  it('if its time limit passes', async () => {
    const popup = await begin({ timeLimitMs: 500 });
    expect(await ending(popup)).toMatchObject({ code: 'sign_in_timeout' });
  });

  it('with the app’s reason if the app aborts it', async () => {
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
    ['no popup', 'null'],
    ['a popup that is closed already', '({ closed: true, close() {} })'],
  ])('if the browser blocks the popup and gives the app %s', async (_, given) => {
    await here.page.evaluate(`{ window.open = () => ${given}; begin({ service: '${here.service.origin}' }); }`);
    expect(await outcome()).toMatchObject({ code: 'popup_blocked', message: expect.stringContaining('Allow popups') });
    expect(await here.page.evaluate('left')).toEqual({ listeners: 0, intervals: 0, timeouts: 0 });
  });

  it.each([
    ['its signal was aborted before', `signal: AbortSignal.abort(new TypeError('before'))`],
    ['the service is not an origin', `service: 'https://flex.example/login.html'`],
  ])('and opens no popup if %s', async (_, option) => {
    await here.page.evaluate(
      `{ window.open = () => { throw new Error('opened') }; begin({ service: '${here.service.origin}', ${option} }); }`,
    );
    expect(await outcome()).toMatchObject({ name: 'TypeError' });
    expect(await here.page.evaluate('left')).toEqual({ listeners: 0, intervals: 0, timeouts: 0 });
  });
});

it('names ALLOWED_ORIGINS once the popup is closed, because the page tells nothing to an origin that is not listed', async () => {
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

it('accepts a session only from its popup, at the service’s origin, in the documented shape', async () => {
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

  // Other senders: the app itself, and a page of the service in a frame.
  await here.page.evaluate(send(message, 'window'));
  await here.page.evaluate(
    `document.body.append(Object.assign(document.createElement('iframe'), { src: '${here.service.origin}/login-icon.svg' }))`,
  );
  await here.page.waitForFunction('frames.length === 1');
  const frame = here.page.frames()[1];
  await frame?.waitForURL(`${here.service.origin}/login-icon.svg`);
  await frame?.evaluate(send(message, 'parent'));
  // The popup, at another origin.
  await popup.evaluate(send(message, 'opener'));
  await popup.evaluate(send({ type: 'flex-auth:refused', reason: 'denied', message: 'No' }, 'opener'));
  await hasHeard(4);
  // The popup at the service's origin, with other messages.
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

it('rejects with popup_closed if the identity provider isolates the popup from the app', async () => {
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

it('rejects a call with network_error and names the origin if that is not listed', async () => {
  await here.page.goto(`http://${ELSEWHERE}:${here.site.port}/lab`);
  const told =
    await here.page.evaluate(`createFlexAuth({ service: '${here.service.origin}', token: () => 'a.token' }).lookup()
    .catch(({ code, message }) => ({ code, message }))`);
  expect(told).toEqual({
    code: 'network_error',
    message: expect.stringContaining(`add http://${ELSEWHERE}:${here.site.port} to its ALLOWED_ORIGINS`),
  });
});

describe('a call whose popup a later call has taken over', () => {
  /** Two calls in one page. `copies` are the copies of flex-auth.js that make them. */
  async function beginBoth(between: string, options: [object, object], copies = ['flex-auth.js', 'flex-auth.js']) {
    const opened = here.page.waitForEvent('popup');
    await here.page.evaluate(`(async () => {
      const [first, second] = await Promise.all(${JSON.stringify(copies)}.map((file) => import('./' + file)));
      const told = (error) => ({ code: error.code ?? error.message });
      globalThis.aborting = new AbortController();
      const begin = ({ signIn }, options) =>
        signIn({ service: '${here.service.origin}', ...options }).then((session) => ({ session }), told);
      globalThis.earlier = begin(first, { signal: aborting.signal, ...${JSON.stringify(options[0])} });
      ${between};
      globalThis.outcome = begin(second, ${JSON.stringify(options[1])});
    })()`);
    return opened;
  }
  const abort = `aborting.abort(new Error('unmounted'))`;
  const earlier = (): Promise<Record<string, unknown>> => here.page.evaluate('earlier');

  async function signsIn(popup: Page) {
    await press(popup, 'Example Agent');
    expect(await ending(popup)).toEqual({ session: expect.objectContaining({ roles: ['agent'] }) });
  }

  it('does not close it when it is aborted right before the later call, as in one click handler', async () => {
    const popup = await beginBoth(abort, [{}, {}]);
    expect(await earlier()).toEqual({ code: 'unmounted' });
    await signsIn(popup);
  });

  it('does not close it when it is aborted after the later call has begun', async () => {
    const popup = await beginBoth('', [{}, {}]);
    await atIdentityProvider(popup);
    await here.page.evaluate(abort);
    expect(await earlier()).toEqual({ code: 'unmounted' });
    await signsIn(popup);
  });

  it('does not close it when its own time limit passes', async () => {
    const popup = await beginBoth('', [{ timeLimitMs: 300 }, {}]);
    expect(await earlier()).toEqual({ code: 'sign_in_timeout' });
    await signsIn(popup);
  });

  it('does not close it if the two calls come from two copies of the file', async () => {
    const popup = await beginBoth(abort, [{}, {}], ['flex-auth.js', 'flex-auth.js?copy']);
    expect(await earlier()).toEqual({ code: 'unmounted' });
    await signsIn(popup);
  });

  it('has closed it before a call that begins after its rejection, which then gets a separate popup', async () => {
    const first = await beginBoth(`await null; ${abort}; await earlier`, [{}, {}]);
    if (!first.isClosed()) await first.waitForEvent('close');
    const isPopup = (page: Page) => page !== here.page && page !== first;
    const second =
      here.context.pages().find(isPopup) ?? (await here.context.waitForEvent('page', { predicate: isPopup }));
    await signsIn(second);
  });

  it('gets the session too, if it is still waiting', async () => {
    const popup = await beginBoth('', [{}, {}]);
    await signsIn(popup);
    expect(await earlier()).toEqual({ session: expect.objectContaining({ roles: ['agent'] }) });
  });

  it('rejects with popup_closed when the later call ends and closes it', async () => {
    await beginBoth('', [{}, { timeLimitMs: 300 }]);
    expect(await outcome()).toEqual({ code: 'sign_in_timeout' });
    expect(await earlier()).toEqual({ code: 'popup_closed' });
  });
});

it('uses the popup that a refusal left open for the next call', async () => {
  const popup = await begin();
  await press(popup, 'Refuse to sign in');
  await refusal(popup, 'declined');
  await here.page.evaluate(`begin({ service: '${here.service.origin}' })`);
  await press(popup, 'Example Agent');
  expect(await ending(popup)).toEqual({ session: expect.objectContaining({ roles: ['agent'] }) });
});

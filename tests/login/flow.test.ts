import { Failure } from '../../src/login/failures/failure';
import { createFlow } from '../../src/login/flow';
import { readVisit } from '../../src/login/visit/visit';
import { noResponse, page, pending } from './support/flow-page';
import { manualTime } from './support/memory';

it('stores everything that the response is checked against, before the browser leaves', async () => {
  const { flow, storage, left } = page('?return_to=/app');
  await flow.open();
  expect(left).toEqual(['https://services.twilio.com/login']);
  expect(JSON.parse(storage.getItem('flex-auth:login') ?? '')).toEqual({
    loginUrl: 'https://services.twilio.com/login',
    nonce: 'n',
    codeChallenge: 'c',
    codeVerifier: 'v',
    state: 's',
    clientId: 'client',
    ssoProfileSid: 'JB1',
    startedAt: manualTime().now(),
    returnTo: '/app',
  });
});

it.each([
  ['loads', ''],
  ['does not load', '?return_to=/app'],
  ['does not load', '?mode=popup&origin=https://app.example.com'],
])('%s the client part while the browser leaves, if the page was opened with "%s"', async (verb, address) => {
  const { flow, left, fetchAhead } = page(address, {}, { postMessage: jest.fn() });
  await flow.open();
  expect(left).toEqual(['https://services.twilio.com/login']);
  expect(fetchAhead).toHaveBeenCalledTimes(verb === 'loads' ? 1 : 0);
});

it('fails after 15 s if the browser was sent to the identity provider and is still here', async () => {
  const { flow, time, said } = page();
  await flow.open();
  await time.pass(14_999);
  expect(said.at(-1)).toBe('leaving');
  await time.pass(1);
  expect(said.at(-1)).toBe('failed: too-slow');
});

it('signs in on this page if the page to return to does not load within 15 s', async () => {
  const { flow, time, said, left } = page('?code=c1&state=s', pending({ returnTo: '/app' }));
  await flow.open();
  expect(left).toEqual(['https://login.example/app']);
  expect(said).not.toContain('signed in');
  await time.pass(15_000);
  expect(said.at(-1)).toBe('signed in');
});

it('exchanges the code once, with the verifier and the nonce of this browser', async () => {
  const { flow, sdk, storage } = page('?code=c1&state=s', pending());
  await flow.open();
  expect(sdk.exchangeToken.mock.calls).toEqual([[{ code: 'c1', codeVerifier: 'v', nonce: 'n', ssoProfileSid: 'JB1' }]]);
  expect(storage.getItem('flex-auth:login')).toBeNull();
});

it.each([
  ['mismatch', '?code=c1&state=other', pending()],
  ['mismatch', '?code=c1', pending()],
  ['missing', '?code=c1&state=s', {}],
  ['missing', '?code=c1&state=s', { 'flex-auth:login': { state: 's' } }],
  ['old', '?code=c1&state=s', pending({ startedAt: manualTime().now() - 600_001 })],
  ['clock', '?code=c1&state=s', pending({ startedAt: manualTime().now() + 60_001 })],
  ['denied', '?error=access_denied', pending()],
  ['provider', '?error=server_error&code=c1&state=s', pending()],
])('fails as %s if the page comes back with %s, and exchanges nothing', async (kind, address, stored) => {
  const { flow, sdk, said, storage } = page(address, stored);
  await flow.open();
  expect(said.at(-1)).toBe(`failed: ${kind}`);
  expect(sdk.exchangeToken).not.toHaveBeenCalled();
  expect(storage.getItem('flex-auth:login')).toBeNull();
});

it('starts a fresh session once, and reports a failure at once', async () => {
  const made = page('?code=c1&state=s', pending());
  const { flow, said, kept } = { ...made, flow: createFlow({ ...made, loadClientPart: noResponse }) };
  await flow.open();
  expect(said).toEqual(['finishing', 'starting', 'failed: unreachable']);
  expect(kept).toEqual([expect.objectContaining({ accessToken: 'access' })]);
});

it('moves at once to another place on this page, which loads nothing', async () => {
  const { flow, said, left } = page('?code=c1&state=s', pending({ returnTo: '/login.html#top' }));
  await flow.open();
  expect(left).toEqual(['https://login.example/login.html#top']);
  expect(said.at(-1)).toBe('signed in');
});

it.each([
  ['the standard', new DOMException('full', 'QuotaExceededError')],
  ['Firefox', Object.assign(new Error('full'), { name: 'NS_ERROR_DOM_QUOTA_REACHED', code: 1014 })],
])('fails as storage if the store of the browser is full, as %s says it', async (_, error) => {
  const { flow, said, storage } = page();
  storage.setItem = () => {
    throw error;
  };
  await flow.open();
  expect(said.at(-1)).toBe('failed: storage');
});

it('stops after two redirects within 30 s that came back with nothing', async () => {
  const { flow, left, said, time } = page();
  await flow.open();
  await flow.open();
  await flow.open();
  expect(left).toHaveLength(2);
  expect(said.at(-1)).toBe('failed: loop');
  await time.pass(30_000);
  await flow.open();
  expect(left).toHaveLength(3);
});

it.each([
  ['return to a page', { returnTo: '/app?tab=1#top' }, '?return_to=%2Fapp%3Ftab%3D1%23top'],
  [
    'give the session to a site',
    { popupOrigin: 'https://app.example.com' },
    '?mode=popup&origin=https%3A%2F%2Fapp.example.com',
  ],
  ['stay on this page', {}, ''],
])('puts back into the URL that the sign-in was to %s, if it failed', async (_, intent, query) => {
  const response = '?error=access_denied&error_description=no&state=s';
  const { flow, replaceUrl } = page(response, pending(intent), { postMessage: jest.fn() });
  await flow.open();
  expect(replaceUrl).toHaveBeenLastCalledWith(`https://login.example/login.html${query}`);
  expect(readVisit(new URL(`https://login.example/login.html${query}`))).toMatchObject({ kind: 'plain', intent });
});

it('leaves a site that was refused out of the URL', async () => {
  const stored = pending({ popupOrigin: 'https://evil.example' });
  const { flow, replaceUrl, said } = page('?code=c1&state=s', stored, { postMessage: jest.fn() });
  await flow.open();
  expect(said.at(-1)).toBe('failed: popup-origin');
  expect(replaceUrl).toHaveBeenLastCalledWith('https://login.example/login.html');
});

it('signs in at the third signIn() within 30 s, which opens the same popup again', async () => {
  const { flow, left, said } = page('?mode=popup&origin=https://app.example.com', {}, { postMessage: jest.fn() });
  await flow.open();
  await flow.open();
  await flow.open();
  expect(left).toHaveLength(3);
  expect(said.at(-1)).toBe('leaving');
});

describe('with a device clock that is 2 hours fast, and a page that knew the server’s time before the redirect', () => {
  const leave = async () => {
    const made = page();
    await createFlow({ ...made, now: () => made.time.now() - 7_200_000 }).signIn();
    return made.storage;
  };

  it('accepts the response, although the page that receives it does not know the server’s time yet', async () => {
    const back = page('?code=c1&state=s');
    await createFlow({ ...back, storage: await leave() }).open();
    expect(back.said.at(-1)).toBe('signed in');
  });

  it('counts that redirect if it comes back with nothing', async () => {
    const back = page();
    const flow = createFlow({ ...back, storage: await leave() });
    await flow.open();
    await flow.open();
    expect(back.left).toHaveLength(1);
    expect(back.said.at(-1)).toBe('failed: loop');
  });
});

describe('a popup tells the site that opened it', () => {
  const APP = 'https://app.example.com';
  const refused = (reason: string) => [[{ type: 'flex-auth:refused', reason, message: expect.any(String) }, APP]];
  const popup = (address: string, stored = {}) => {
    const opener = { postMessage: jest.fn() };
    return { ...page(address, stored, opener), opener };
  };

  it('why there is no session', async () => {
    const { flow, opener, said } = popup('?error=access_denied', pending({ popupOrigin: APP }));
    await flow.open();
    expect(said).toEqual(['failed: denied']);
    expect(opener.postMessage.mock.calls).toEqual(refused('denied'));
  });

  it('about the session of a second redirect, if the first one came back with nothing', async () => {
    const first = popup('?mode=popup&origin=https://app.example.com');
    await first.flow.open();
    const second = popup('');
    await createFlow({ ...second, storage: first.storage }).open();
    expect(second.said.at(-1)).toBe('leaving');
    const { opener, ...back } = popup('?code=c1&state=s');
    await createFlow({ ...back, opener, storage: first.storage }).open();
    expect(opener.postMessage.mock.calls).toEqual([[{ type: 'flex-auth:session', session: expect.anything() }, APP]]);
  });

  it('that two redirects came back with nothing', async () => {
    const first = popup('?mode=popup&origin=https://app.example.com');
    await first.flow.open();
    const back = popup('');
    const flow = createFlow({ ...back, storage: first.storage });
    await flow.open();
    await flow.open();
    expect(back.opener.postMessage.mock.calls).toEqual(refused('loop'));
  });

  it.each([
    ['has no opener', '', {}, null],
    ['is for a pasted token', '?mode=token', {}, { postMessage: jest.fn() }],
    ['is to return to a page', '?return_to=/app', {}, { postMessage: jest.fn() }],
    ['comes more than 10 minutes later', '', { startedAt: 0 }, { postMessage: jest.fn() }],
  ])('nothing, if a visit with a sign-in for it under way %s', async (_, address, changes, opener) => {
    const { flow, storage, replaceUrl } = page(address, pending({ popupOrigin: APP, ...changes }), opener);
    await flow.open();
    await flow.signIn();
    expect(JSON.parse(storage.getItem('flex-auth:login') ?? '')).not.toHaveProperty('popupOrigin');
    expect(replaceUrl).not.toHaveBeenCalledWith(expect.stringContaining('origin'));
  });

  it('why another try failed', async () => {
    const { flow, opener, configuration } = popup('?error=access_denied', pending({ popupOrigin: APP }));
    await flow.open();
    opener.postMessage.mockClear();
    configuration.connection = () => Promise.reject(new Failure('no-configuration'));
    await flow.signIn();
    expect(opener.postMessage.mock.calls).toEqual(refused('no-configuration'));
  });

  it.each([
    ['before the sign-in', '?mode=popup&origin=https://app.example.com', {}],
    ['after it', '?code=c1&state=s', pending({ popupOrigin: APP })],
  ])('about the session at the next try, if the check %s failed', async (_, address, stored) => {
    const { flow, left, storage, opener, configuration } = popup(address, stored);
    const { allowedOrigins } = configuration;
    configuration.allowedOrigins = () => Promise.reject(new Failure('settings'));
    await flow.open();
    expect(opener.postMessage).not.toHaveBeenCalled();
    expect(storage.getItem('flex-auth:session')).toBeNull();

    configuration.allowedOrigins = allowedOrigins;
    await flow.signIn();
    expect(left).toHaveLength(1);
    expect(JSON.parse(storage.getItem('flex-auth:login') ?? '')).toMatchObject({ popupOrigin: APP });
  });

  it('nothing about a token that was mistyped in the page', async () => {
    const { flow, opener, said } = popup('?error=access_denied', pending({ popupOrigin: APP }));
    await flow.open();
    opener.postMessage.mockClear();
    await flow.useToken('');
    expect(said.at(-1)).toBe('failed: no-token');
    expect(opener.postMessage).not.toHaveBeenCalled();
  });

  it.each([
    ['is not listed', '?error=access_denied', pending({ popupOrigin: 'https://evil.example' })],
    ['opened it and is not listed', '?mode=popup&origin=https://evil.example', {}],
    ['requested no session', '?error=access_denied', pending()],
  ])('nothing if that site %s', async (_, address, stored) => {
    const { flow, opener, said } = popup(address, stored);
    await flow.open();
    expect(said).toEqual([expect.stringMatching(/^failed/)]);
    expect(opener.postMessage).not.toHaveBeenCalled();
  });
});

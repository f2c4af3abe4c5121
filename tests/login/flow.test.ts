import type { Configuration, Settings } from '../../src/login/configuration';
import { Failure } from '../../src/login/failure';
import { createFlow } from '../../src/login/flow';
import type { FlowEdges } from '../../src/login/flow-edges';
import { manualTime, memoryStore } from './support/memory';
import { ACCOUNT_SID } from './support/service';

const SETTINGS: Settings = { accountSid: ACCOUNT_SID, telemetry: false, logLevel: 'error' };
const INFO = { identity: 'ada', roles: ['agent'], dateExpired: '2030-01-01T13:00:00Z', accountSid: ACCOUNT_SID };
const LIVE_SESSION = {
  accessToken: 'access',
  refreshToken: 'refresh',
  expiresAt: '2030-01-01T13:00:00Z',
  identity: 'ada',
  roles: ['agent'],
  accountSid: ACCOUNT_SID,
  ssoProfileSid: 'JB1',
};

/** A page without a browser: every edge is a record of what was asked of it. */
function page(address = '', stored: Record<string, unknown> = {}, opener: FlowEdges<string>['opener'] = null) {
  const time = manualTime();
  const said: string[] = [];
  const failures: Failure[] = [];
  const left: string[] = [];
  const kept: unknown[] = [];
  const configuration: Configuration = {
    settings: async () => SETTINGS,
    connection: async () => ({ clientId: 'client', ssoProfileSid: 'JB1' }),
    allowedOrigins: async () => ['https://app.example.com'],
    forget: jest.fn(),
  };
  const sdk = {
    getLoginDetails: jest.fn(() => ({
      ...{ loginUrl: 'https://services.twilio.com/login', nonce: 'n', codeChallenge: 'c' },
      ...{ codeVerifier: 'v', state: 's' },
    })),
    exchangeToken: jest.fn(async (): Promise<unknown> => ({ accessToken: 'access', refreshToken: 'refresh' })),
    refreshToken: jest.fn(async (): Promise<unknown> => ({ accessToken: 'access2', refreshToken: 'refresh2' })),
    validateToken: jest.fn(async (): Promise<unknown> => INFO),
  };
  const edges: FlowEdges<string> = {
    ...{ sdk, configuration, timers: time, now: time.now },
    storage: memoryStore(stored),
    url: new URL(`https://login.example/login.html${address}`),
    opener,
    view: {
      progress: (step) => said.push(step),
      waiting: () => said.push('waiting'),
      failed: (failure, session) => {
        failures.push(failure);
        said.push(`failed: ${failure.kind}`);
        kept.push(session);
      },
      signedIn: () => said.push('signed in'),
      handedOver: () => said.push('handed over'),
      warn: (failure) => said.push(`warning: ${failure.kind}`),
    },
    replaceAddress: jest.fn(),
    leave: (url) => left.push(url),
    fetchAhead: jest.fn(),
    closeWindow: jest.fn(),
    announce: jest.fn(),
    loadClientPart: async () => ({
      goLive: async (_, session) => ({ client: 'client', session, check() {}, stop: jest.fn() }),
    }),
  };
  return { ...edges, sdk, time, said, left, kept, failures, flow: createFlow(edges) };
}

const pending = (changes: object = {}) => ({
  'flex-auth:login': {
    ...{ loginUrl: 'l', nonce: 'n', codeChallenge: 'c', codeVerifier: 'v', state: 's' },
    ...{ clientId: 'client', ssoProfileSid: 'JB1', startedAt: manualTime().now() - 1000, ...changes },
  },
});

it('keeps everything that the answer will be held to, before the browser leaves', async () => {
  const { flow, storage, left } = page('?return_to=/app');
  await flow.open();
  expect(left).toEqual(['https://services.twilio.com/login']);
  expect(JSON.parse(storage.getItem('flex-auth:login') ?? '')).toEqual({
    ...{ loginUrl: 'https://services.twilio.com/login', nonce: 'n', codeChallenge: 'c', codeVerifier: 'v', state: 's' },
    ...{ clientId: 'client', ssoProfileSid: 'JB1', startedAt: manualTime().now(), returnTo: '/app' },
  });
});

it('fails after 15 s where the browser was sent to the identity provider and is still here', async () => {
  const { flow, time, said } = page();
  await flow.open();
  await time.pass(14_999);
  expect(said.at(-1)).toBe('leaving');
  await time.pass(1);
  expect(said.at(-1)).toBe('failed: too-slow');
});

it('stays, signed in, where the page to return to does not come within 15 s', async () => {
  const { flow, time, said, left } = page('?code=c1&state=s', pending({ returnTo: '/app' }));
  await flow.open();
  expect(left).toEqual(['https://login.example/app']);
  expect(said).not.toContain('signed in');
  await time.pass(15_000);
  expect(said.at(-1)).toBe('signed in');
});

it('hands the verifier and the nonce of this browser to the exchange, once', async () => {
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
  ['old', '?code=c1&state=s', pending({ startedAt: manualTime().now() + 60_000 })],
  ['denied', '?error=access_denied', pending()],
  ['provider', '?error=server_error&code=c1&state=s', pending()],
])('refuses as %s what comes back with %s, and exchanges nothing', async (kind, address, stored) => {
  const { flow, sdk, said, storage } = page(address, stored);
  await flow.open();
  expect(said.at(-1)).toBe(`failed: ${kind}`);
  expect(sdk.exchangeToken).not.toHaveBeenCalled();
  expect(storage.getItem('flex-auth:login')).toBeNull();
});

it('stores new tokens before anything else is asked, so that a failure after that does not cost the session', async () => {
  const expired = { ...LIVE_SESSION, expiresAt: '2030-01-01T11:00:00Z' };
  const { flow, sdk, storage } = page('', { 'flex-auth:session': expired });
  const storedWhenAsked: unknown[] = [];
  sdk.validateToken.mockImplementation(async () => {
    storedWhenAsked.push(JSON.parse(storage.getItem('flex-auth:session') ?? ''));
    return INFO;
  });
  await flow.open();
  expect(storedWhenAsked).toEqual([expect.objectContaining({ accessToken: 'access2', refreshToken: 'refresh2' })]);
  expect(sdk.validateToken).toHaveBeenCalledWith(ACCOUNT_SID, 'access2');
});

const EXPIRED = { ...LIVE_SESSION, expiresAt: '2030-01-01T11:00:00Z' };

it.each([
  ['whose token it is', { sdk: 'validateToken' }],
  ['for the client', { client: true }],
] as const)(
  'keeps a session that was just renewed where no answer comes to the question after that: %s',
  async (_, what) => {
    const made = page('', { 'flex-auth:session': EXPIRED });
    if ('sdk' in what) made.sdk.validateToken.mockImplementation(noAnswer);
    const flow = createFlow('client' in what ? { ...made, loadClientPart: noAnswer } : made);
    await flow.open();
    expect(made.said.at(-1)).toBe('failed: unreachable');
    expect(made.kept).toEqual([expect.objectContaining({ accessToken: 'access2', refreshToken: 'refresh2' })]);
    expect(made.left).toEqual([]);
  },
);

it('signs in anew where a session that is over could not be renewed for want of an answer', async () => {
  const { flow, sdk, storage, left } = page('', { 'flex-auth:session': EXPIRED });
  sdk.refreshToken.mockImplementation(noAnswer);
  await flow.open();
  expect(storage.getItem('flex-auth:session')).toBeNull();
  expect(left).toHaveLength(1);
});

it('brings no session back where the answer to its renewal comes after the sign-out', async () => {
  const made = page('', { 'flex-auth:session': LIVE_SESSION });
  const { sdk, storage, said, time } = made;
  const renewal = later<unknown>();
  sdk.refreshToken.mockReturnValue(renewal.promise);
  const flow = createFlow({ ...made, loadClientPart: async () => ({ goLive: refusal }) });
  const opened = flow.open();
  await time.pass(15_000);
  await opened;
  expect(said.at(-1)).toBe('failed: too-slow');
  flow.signOut();
  renewal.come({ accessToken: 'access2', refreshToken: 'refresh2' });
  await time.pass(0);
  expect(storage.getItem('flex-auth:session')).toBeNull();
});

it('keeps what the answer to a renewal brings late, where the person is still there', async () => {
  const made = page('', { 'flex-auth:session': LIVE_SESSION });
  const { sdk, storage, time } = made;
  const renewal = later<unknown>();
  sdk.refreshToken.mockReturnValue(renewal.promise);
  const flow = createFlow({ ...made, loadClientPart: async () => ({ goLive: refusal }) });
  const opened = flow.open();
  await time.pass(15_000);
  await opened;
  renewal.come({ accessToken: 'access2', refreshToken: 'refresh2' });
  await time.pass(0);
  expect(JSON.parse(storage.getItem('flex-auth:session') ?? '')).toMatchObject({ refreshToken: 'refresh2' });
});

it('sends nobody to sign in again because a session that is still good could not be started for want of an answer', async () => {
  const made = page('', { 'flex-auth:session': LIVE_SESSION });
  const { flow, said, left, storage, kept } = { ...made, flow: createFlow({ ...made, loadClientPart: noAnswer }) };
  await flow.open();
  expect(said.at(-1)).toBe('failed: unreachable');
  expect(kept).toEqual([LIVE_SESSION]);
  expect(left).toEqual([]);
  expect(storage.getItem('flex-auth:session')).not.toBeNull();
});

it.each([
  ['denied', '?error=access_denied', pending()],
  ['missing', '?code=c1&state=s', {}],
  ['refused', '?code=c1&state=s', pending()],
  ['return-to', '?return_to=//evil.example', {}],
  ['popup-origin', '?mode=popup&origin=https://evil.example', {}],
])('goes on with the session of this tab, and warns, where a visit ends as %s: %s', async (kind, address, stored) => {
  const opener = { postMessage: jest.fn() };
  const { flow, sdk, said, left } = page(address, { 'flex-auth:session': LIVE_SESSION, ...stored }, opener);
  sdk.exchangeToken.mockRejectedValue(Object.assign(new Error('no'), { code: 45003 }));
  await flow.open();
  expect(said.slice(-2)).toEqual(['signed in', `warning: ${kind}`]);
  expect(left).toEqual([]);
  expect(opener.postMessage).not.toHaveBeenCalled();
});

it('starts a fresh session once, and says at once where that fails', async () => {
  const made = page('?code=c1&state=s', pending());
  const { flow, said, kept } = { ...made, flow: createFlow({ ...made, loadClientPart: noAnswer }) };
  await flow.open();
  expect(said).toEqual(['finishing', 'starting', 'failed: unreachable']);
  expect(kept).toEqual([expect.objectContaining({ accessToken: 'access' })]);
});

it('stays signed in where another sign-in can not be begun', async () => {
  const { flow, said, configuration } = page('', { 'flex-auth:session': LIVE_SESSION });
  await flow.open();
  configuration.connection = noAnswer;
  await flow.signIn();
  expect(said.slice(-2)).toEqual(['signed in', 'warning: unreachable']);
});

it('goes at once to another place on this page, where nothing is loaded', async () => {
  const { flow, said, left } = page('?code=c1&state=s', pending({ returnTo: '/login.html#top' }));
  await flow.open();
  expect(left).toEqual(['https://login.example/login.html#top']);
  expect(said.at(-1)).toBe('signed in');
});

it('is signed out until somebody has signed in again, though they may have tried', async () => {
  const { flow, said, left, storage } = page();
  flow.signOut();
  await flow.signIn();
  expect(left).toHaveLength(1);
  await flow.open();
  expect(said.at(-1)).toBe('waiting');

  const back = page('?code=c1&state=s', pending());
  back.storage.setItem('flex-auth:signed-out', storage.getItem('flex-auth:signed-out') ?? '');
  await back.flow.open();
  expect(back.storage.getItem('flex-auth:signed-out')).toBeNull();
});

it('keeps the session of this tab where a token that is pasted is none', async () => {
  const made = page('', { 'flex-auth:session': LIVE_SESSION });
  const { flow, sdk, said, storage } = { ...made, flow: createFlow({ ...made, loadClientPart: noAnswer }) };
  await flow.open();
  sdk.validateToken.mockRejectedValue(Object.assign(new Error('no'), { code: 20101 }));
  for (const pasted of ['unknown', 'a€', '  ']) {
    await flow.useToken(pasted);
    expect(said.at(-1)).toMatch(/^failed: (no-)?token$/);
  }
  expect(sdk.validateToken.mock.calls).toEqual([[ACCOUNT_SID, 'unknown']]);
  expect(storage.getItem('flex-auth:session')).not.toBeNull();
});

it('keeps the session of this tab where a token that is pasted starts no client, and the token where no answer came', async () => {
  const made = page('', { 'flex-auth:session': LIVE_SESSION });
  let goLive: () => Promise<never> = noAnswer;
  const flow = createFlow({ ...made, loadClientPart: async () => ({ goLive: () => goLive() }) });
  const inStore = () => JSON.parse(made.storage.getItem('flex-auth:session') ?? 'null');
  await flow.open();
  goLive = refusal;
  await flow.useToken('pasted');
  expect(made.said.at(-1)).toBe('failed: client');
  expect(inStore()).toEqual(LIVE_SESSION);
  goLive = noAnswer;
  await flow.useToken('pasted');
  expect(made.said.at(-1)).toBe('failed: unreachable');
  expect(inStore()).toMatchObject({ accessToken: 'pasted' });
});

it('keeps nothing of a token that is pasted and starts no client, and stays signed out', async () => {
  const made = page('?mode=token');
  const flow = createFlow({ ...made, loadClientPart: async () => ({ goLive: refusal }) });
  flow.signOut();
  await flow.useToken('pasted');
  expect(made.storage.getItem('flex-auth:session')).toBeNull();
  await createFlow({ ...made, url: new URL('https://login.example/login.html') }).open();
  expect(made.said.at(-1)).toBe('waiting');
  expect(made.left).toEqual([]);
});

it('brings no session back where a token that is pasted starts no client after the sign-out', async () => {
  const made = page('?mode=token', { 'flex-auth:session': LIVE_SESSION });
  const starting = later<never>();
  const flow = createFlow({ ...made, loadClientPart: async () => ({ goLive: () => starting.promise }) });
  const using = flow.useToken('pasted');
  await made.time.pass(0);
  flow.signOut();
  starting.fail(Object.assign(new Error('no'), { code: 20101 }));
  await using;
  expect(made.storage.getItem('flex-auth:session')).toBeNull();
});

it('puts back what a late renewal has brought meanwhile, where a token that is pasted starts no client', async () => {
  const made = page('', { 'flex-auth:session': LIVE_SESSION });
  const { sdk, storage, time } = made;
  const [renewal, validation] = [later<unknown>(), later<unknown>()];
  sdk.refreshToken.mockReturnValue(renewal.promise);
  const flow = createFlow({ ...made, loadClientPart: async () => ({ goLive: refusal }) });
  const opened = flow.open();
  await time.pass(15_000);
  await opened;
  sdk.validateToken.mockReturnValue(validation.promise);
  const using = flow.useToken('pasted');
  await time.pass(0);
  renewal.come({ accessToken: 'access2', refreshToken: 'refresh2' });
  await time.pass(0);
  validation.come(INFO);
  await using;
  expect(JSON.parse(storage.getItem('flex-auth:session') ?? '')).toMatchObject({ refreshToken: 'refresh2' });
});

it('says that the browser keeps nothing where its store is full', async () => {
  const { flow, said, storage } = page();
  storage.setItem = () => {
    throw new DOMException('full', 'QuotaExceededError');
  };
  await flow.open();
  expect(said.at(-1)).toBe('failed: storage');
});

it('counts redirects that came back with nothing, for 30 s', async () => {
  const { flow, left, said, time, configuration } = page();
  await flow.open();
  await flow.open();
  expect(configuration.forget).not.toHaveBeenCalled();
  await flow.open();
  expect(left).toHaveLength(2);
  expect(said.at(-1)).toBe('failed: loop');
  // What it knows may be what leads nowhere.
  expect(configuration.forget).toHaveBeenCalledTimes(1);
  await time.pass(30_000);
  await flow.open();
  expect(left).toHaveLength(3);
});

async function noAnswer(): Promise<never> {
  throw Object.assign(new Error('Network error (48924)'), { code: 48924 });
}

/** An answer that comes when the test says so. */
function later<T>() {
  let come = (_: T) => {};
  let fail = (_: Error) => {};
  const promise = new Promise<T>((resolve, reject) => {
    [come, fail] = [resolve, reject];
  });
  return { promise, come, fail };
}

async function refusal(): Promise<never> {
  throw Object.assign(new Error('no'), { code: 20101 });
}

describe('in a popup, tells the site that opened it', () => {
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

  it('why another try has failed', async () => {
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
  ])('of a session at the next try, where %s it could not be found out who may have it', async (_, address, stored) => {
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

  it('nothing of a token that was mistyped in the page', async () => {
    const { flow, opener, said } = popup('?error=access_denied', pending({ popupOrigin: APP }));
    await flow.open();
    opener.postMessage.mockClear();
    await flow.useToken('');
    expect(said.at(-1)).toBe('failed: no-token');
    expect(opener.postMessage).not.toHaveBeenCalled();
  });

  it.each([
    ['is not listed', '?error=access_denied', pending({ popupOrigin: 'https://evil.example' })],
    ['asks for itself and is not listed', '?mode=popup&origin=https://evil.example', {}],
    ['has asked for no session', '?error=access_denied', pending()],
  ])('nothing where that site %s', async (_, address, stored) => {
    const { flow, opener, said } = popup(address, stored);
    await flow.open();
    expect(said).toEqual([expect.stringMatching(/^failed/)]);
    expect(opener.postMessage).not.toHaveBeenCalled();
  });
});

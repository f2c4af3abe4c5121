import { Failure } from '../../src/login/failures/failure';
import { SENTENCES } from '../../src/login/failures/sentences';
import { createFlow } from '../../src/login/flow';
import { INFO, LIVE_SESSION, later, noResponse, page, pending, refusal } from './support/flow-page';
import { ACCOUNT_SID } from './support/service';

// What happens to the session that a tab holds when something else goes wrong.

it('stores new tokens before the next request, so that a failure after that does not cost the session', async () => {
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
  ['the one for its expiry', { sdk: 'validateToken' }],
  ['the one of the client', { client: true }],
] as const)('keeps a session that was just renewed if the next request gets no response: %s', async (_, what) => {
  const made = page('', { 'flex-auth:session': EXPIRED });
  if ('sdk' in what) made.sdk.validateToken.mockImplementation(noResponse);
  const part = made.clientPart('client' in what ? { startSession: noResponse } : {});
  const flow = createFlow({ ...made, loadClientPart: async () => part });
  await flow.open();
  expect(made.said.at(-1)).toBe('failed: unreachable');
  expect(made.kept).toEqual([expect.objectContaining({ accessToken: 'access2', refreshToken: 'refresh2' })]);
  expect(made.left).toEqual([]);
});

it('signs in again if the renewal of an expired session gets no response', async () => {
  const { flow, sdk, storage, left } = page('', { 'flex-auth:session': EXPIRED });
  sdk.refreshToken.mockImplementation(noResponse);
  await flow.open();
  expect(storage.getItem('flex-auth:session')).toBeNull();
  expect(left).toHaveLength(1);
});

/** Twilio refuses the client of the stored session, and responds to its renewal when the test says so: after the 15 s. */
async function pageWithHangingRenewal() {
  const made = page('', { 'flex-auth:session': LIVE_SESSION });
  const renewal = later<unknown>();
  made.sdk.refreshToken.mockReturnValue(renewal.promise);
  const flow = createFlow({ ...made, loadClientPart: async () => made.clientPart({ startSession: refusal }) });
  const opened = flow.open();
  await made.time.pass(15_000);
  await opened;
  expect(made.said.at(-1)).toBe('failed: too-slow');
  return { ...made, flow, renewal };
}

it('does not restore the session if its renewal responds after the sign-out', async () => {
  const { flow, renewal, storage, time } = await pageWithHangingRenewal();
  flow.signOut();
  renewal.come({ accessToken: 'access2', refreshToken: 'refresh2' });
  await time.pass(0);
  expect(storage.getItem('flex-auth:session')).toBeNull();
});

it('keeps the tokens of a renewal that responds late, if the person has not signed out', async () => {
  const { renewal, storage, time } = await pageWithHangingRenewal();
  renewal.come({ accessToken: 'access2', refreshToken: 'refresh2' });
  await time.pass(0);
  expect(JSON.parse(storage.getItem('flex-auth:session') ?? '')).toMatchObject({ refreshToken: 'refresh2' });
});

it('keeps a session that is still good if its client gets no response, and does not redirect', async () => {
  const made = page('', { 'flex-auth:session': LIVE_SESSION });
  const { flow, said, left, storage, kept } = { ...made, flow: createFlow({ ...made, loadClientPart: noResponse }) };
  await flow.open();
  expect(said.at(-1)).toBe('failed: unreachable');
  expect(kept).toEqual([LIVE_SESSION]);
  expect(left).toEqual([]);
  expect(storage.getItem('flex-auth:session')).not.toBeNull();
});

// The status says then: "Reload the page to continue with it."
it.each(['unreachable', 'too-slow', 'incomplete', 'settings', 'unexpected'] as const)(
  'does not tell the person to sign in again while the tab holds a session: %s',
  async (kind) => {
    const made = page('', { 'flex-auth:session': LIVE_SESSION });
    await createFlow({ ...made, loadClientPart: () => Promise.reject(new Failure(kind)) }).open();
    expect(made.said.at(-1)).toBe(`failed: ${kind}`);
    expect(made.kept).toEqual([LIVE_SESSION]);
    expect(SENTENCES[kind]).not.toMatch(/sign in/i);
  },
);

it.each([
  ['denied', '?error=access_denied', pending()],
  ['missing', '?code=c1&state=s', {}],
  ['refused', '?code=c1&state=s', pending()],
  ['return-to', '?return_to=//evil.example', {}],
  ['popup-origin', '?mode=popup&origin=https://evil.example', {}],
])('continues the session of this tab, with a warning, if the visit fails as %s: %s', async (kind, address, stored) => {
  const opener = { postMessage: jest.fn() };
  const { flow, sdk, said, left } = page(address, { 'flex-auth:session': LIVE_SESSION, ...stored }, opener);
  sdk.exchangeToken.mockRejectedValue(Object.assign(new Error('no'), { code: 45003 }));
  await flow.open();
  expect(said.slice(-2)).toEqual(['signed in', `warning: ${kind}`]);
  expect(left).toEqual([]);
  expect(opener.postMessage).not.toHaveBeenCalled();
});

it('stays signed in if another sign-in cannot start', async () => {
  const { flow, said, configuration } = page('', { 'flex-auth:session': LIVE_SESSION });
  await flow.open();
  configuration.connection = noResponse;
  await flow.signIn();
  expect(said.slice(-2)).toEqual(['signed in', 'warning: unreachable']);
});

it('waits after a sign-out until a new sign-in succeeds, not only until one starts', async () => {
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

it('keeps the session of this tab if a pasted token is rejected', async () => {
  const made = page('', { 'flex-auth:session': LIVE_SESSION });
  const { flow, sdk, said, storage } = { ...made, flow: createFlow({ ...made, loadClientPart: noResponse }) };
  await flow.open();
  sdk.validateToken.mockRejectedValue(Object.assign(new Error('no'), { code: 20101 }));
  for (const pasted of ['un.known', 'a€', 'nodot', '  ']) {
    await flow.useToken(pasted);
    expect(said.at(-1)).toMatch(/^failed: (no-|not-a-)?token$/);
  }
  expect(sdk.validateToken.mock.calls).toEqual([[ACCOUNT_SID, 'un.known']]);
  expect(storage.getItem('flex-auth:session')).not.toBeNull();
});

it('keeps the session of this tab if a pasted token is refused a client, and the token if there was no response', async () => {
  const made = page('', { 'flex-auth:session': LIVE_SESSION });
  let start: () => Promise<never> = noResponse;
  const flow = createFlow({ ...made, loadClientPart: async () => made.clientPart({ startSession: () => start() }) });
  const inStore = () => JSON.parse(made.storage.getItem('flex-auth:session') ?? 'null');
  await flow.open();
  start = refusal;
  await flow.useToken('pas.ted');
  expect(made.said.at(-1)).toBe('failed: token');
  expect(inStore()).toEqual(LIVE_SESSION);
  start = noResponse;
  await flow.useToken('pas.ted');
  expect(made.said.at(-1)).toBe('failed: unreachable');
  expect(inStore()).toMatchObject({ accessToken: 'pas.ted' });
});

it('discards a pasted token that is refused a client, and stays signed out', async () => {
  const made = page('?mode=token');
  const flow = createFlow({ ...made, loadClientPart: async () => made.clientPart({ startSession: refusal }) });
  flow.signOut();
  await flow.useToken('pas.ted');
  expect(made.storage.getItem('flex-auth:session')).toBeNull();
  await createFlow({ ...made, url: new URL('https://login.example/login.html') }).open();
  expect(made.said.at(-1)).toBe('waiting');
  expect(made.left).toEqual([]);
});

it('does not restore a session if a pasted token is refused a client after the sign-out', async () => {
  const made = page('?mode=token', { 'flex-auth:session': LIVE_SESSION });
  const starting = later<never>();
  const flow = createFlow({
    ...made,
    loadClientPart: async () => made.clientPart({ startSession: () => starting.promise }),
  });
  const using = flow.useToken('pas.ted');
  await made.time.pass(0);
  flow.signOut();
  starting.fail(Object.assign(new Error('no'), { code: 20101 }));
  await using;
  expect(made.storage.getItem('flex-auth:session')).toBeNull();
});

it('restores what a late renewal brought meanwhile, if a pasted token is refused a client', async () => {
  const { flow, renewal, sdk, storage, time } = await pageWithHangingRenewal();
  const validation = later<unknown>();
  sdk.validateToken.mockReturnValue(validation.promise);
  const using = flow.useToken('pas.ted');
  await time.pass(0);
  renewal.come({ accessToken: 'access2', refreshToken: 'refresh2' });
  await time.pass(0);
  validation.come(INFO);
  await using;
  expect(JSON.parse(storage.getItem('flex-auth:session') ?? '')).toMatchObject({ refreshToken: 'refresh2' });
});

it.each([
  ['here', '?mode=token', 'signed in'],
  ['on the way to another page', '?mode=token&return_to=/app', 'left for https://login.example/app'],
])('revokes an earlier sign-out before a pasted token signs in %s', async (_, address, last) => {
  const events: string[] = [];
  const made = page(address);
  const part = made.clientPart({
    signInAgain: async ({ accessToken }) => void events.push(`sign-out of ${accessToken} revoked`),
    startSession: async (_, session) => {
      events.push('signed in');
      return { client: 'client', session, signOutElsewhere() {}, stop() {} };
    },
  });
  const leave = (url: string) => events.push(`left for ${url}`);
  const flow = createFlow({ ...made, leave, loadClientPart: async () => part });
  await flow.open();
  await flow.useToken('pas.ted');
  expect(events).toEqual(['sign-out of pas.ted revoked', last]);
});

it('signs in with a pasted token even if an earlier sign-out cannot be revoked', async () => {
  const made = page('?mode=token');
  const signInAgain = () => Promise.reject(new Error('The quota has been exceeded'));
  const flow = createFlow({ ...made, loadClientPart: async () => made.clientPart({ signInAgain }) });
  await flow.open();
  await flow.useToken('pas.ted');
  expect(made.said.at(-1)).toBe('signed in');
});

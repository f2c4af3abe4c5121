import { createFlow } from '../../src/login/flow';
import { INFO, LIVE_SESSION, later, noAnswer, page, pending, refusal } from './support/flow-page';
import { ACCOUNT_SID } from './support/service';

// What becomes of the session that a tab holds, whatever else goes wrong.

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

/** The client of the stored session is refused, and the answer to its renewal comes when the test says so: after the 15 s. */
async function whereTheRenewalHangs() {
  const made = page('', { 'flex-auth:session': LIVE_SESSION });
  const renewal = later<unknown>();
  made.sdk.refreshToken.mockReturnValue(renewal.promise);
  const flow = createFlow({ ...made, loadClientPart: async () => ({ goLive: refusal }) });
  const opened = flow.open();
  await made.time.pass(15_000);
  await opened;
  expect(made.said.at(-1)).toBe('failed: too-slow');
  return { ...made, flow, renewal };
}

it('brings no session back where the answer to its renewal comes after the sign-out', async () => {
  const { flow, renewal, storage, time } = await whereTheRenewalHangs();
  flow.signOut();
  renewal.come({ accessToken: 'access2', refreshToken: 'refresh2' });
  await time.pass(0);
  expect(storage.getItem('flex-auth:session')).toBeNull();
});

it('keeps what the answer to a renewal brings late, where the person is still there', async () => {
  const { renewal, storage, time } = await whereTheRenewalHangs();
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

it('stays signed in where another sign-in can not be begun', async () => {
  const { flow, said, configuration } = page('', { 'flex-auth:session': LIVE_SESSION });
  await flow.open();
  configuration.connection = noAnswer;
  await flow.signIn();
  expect(said.slice(-2)).toEqual(['signed in', 'warning: unreachable']);
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
  const { flow, renewal, sdk, storage, time } = await whereTheRenewalHangs();
  const validation = later<unknown>();
  sdk.validateToken.mockReturnValue(validation.promise);
  const using = flow.useToken('pasted');
  await time.pass(0);
  renewal.come({ accessToken: 'access2', refreshToken: 'refresh2' });
  await time.pass(0);
  validation.come(INFO);
  await using;
  expect(JSON.parse(storage.getItem('flex-auth:session') ?? '')).toMatchObject({ refreshToken: 'refresh2' });
});

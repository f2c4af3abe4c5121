import { createHash, randomBytes } from 'node:crypto';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { type OpenIdProvider, startOpenIdProvider } from '../../sandbox/openid/server';
import { handler as mint } from '../../src/functions/mint';
import { call } from '../support/call';
import { useSandbox } from '../support/twilio';

const REDIRECT_URI = 'http://127.0.0.1:1/app/';
const twilio = useSandbox();
let provider: OpenIdProvider;
beforeAll(async () => {
  provider = await startOpenIdProvider();
  provider.trust(REDIRECT_URI);
});
afterAll(() => provider?.close());

/** A browser without JavaScript: keeps cookies, and shows where it is sent. */
function newBrowser() {
  const cookies = new Map<string, string>();
  return async (url: string, body?: URLSearchParams) => {
    const response = await fetch(new URL(url, provider.issuer), {
      method: body ? 'POST' : 'GET',
      headers: { Cookie: [...cookies].map((cookie) => cookie.join('=')).join('; ') },
      body: body ?? null,
      redirect: 'manual',
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [name = '', value = ''] = cookie.split(';')[0]?.split(/=(.*)/s) ?? [];
      cookies.set(name, value);
    }
    return { status: response.status, text: await response.text(), location: response.headers.get('location') ?? '' };
  };
}

const verifier = randomBytes(32).toString('base64url');
const authorization = (changes: object = {}) =>
  `/auth?${new URLSearchParams({
    client_id: provider.clientId,
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    scope: 'openid email profile',
    state: 'the-state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...changes,
  })}`;

async function token(fields: Record<string, string>) {
  const response = await fetch(`${provider.issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: provider.clientId, ...fields }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}

async function signIn(id: string) {
  const visit = newBrowser();
  const form = (await visit(authorization())).location;
  const resumed = await visit(form, new URLSearchParams({ user: id }));
  const { location } = await visit(resumed.location);
  const code = new URL(location).searchParams.get('code') ?? '';
  return token({ grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, code_verifier: verifier });
}

it('offers its people in a form, and sends the browser back with a code', async () => {
  const visit = newBrowser();
  const { location } = await visit(authorization());
  const { text } = await visit(location);
  for (const { username } of provider.people) expect(text).toContain(username);
  const resumed = await visit(location, new URLSearchParams({ user: 'person-agent' }));
  const back = new URL((await visit(resumed.location)).location);
  expect(back.href.startsWith(`${REDIRECT_URI}?`)).toBe(true);
  expect(back.searchParams.get('state')).toBe('the-state');
});

it('sends the browser back with access_denied if the person refuses', async () => {
  const visit = newBrowser();
  const { location } = await visit(authorization());
  const resumed = await visit(location, new URLSearchParams());
  expect((await visit(resumed.location)).location).toMatch(/error=access_denied/);
});

it('says that a sign-in has ended if its form is sent by another browser', async () => {
  const { location } = await newBrowser()(authorization());
  expect(await newBrowser()(location)).toMatchObject({ status: 400, text: expect.stringContaining('has ended') });
});

it('demands PKCE and a trusted redirect URL', async () => {
  const { location } = await newBrowser()(authorization({ code_challenge: '', code_challenge_method: '' }));
  expect(location).toMatch(/error=invalid_request/);
  expect((await newBrowser()(authorization({ redirect_uri: 'https://evil.example/' }))).status).toBe(400);
});

it('issues an ID token and an access token in JWT form, and renews both with a refresh token of one use', async () => {
  const { status, body } = await signIn('person-supervisor');
  expect(status).toBe(200);
  const keys = createRemoteJWKSet(new URL(`${provider.issuer}/jwks`));
  const { payload } = await jwtVerify(body.access_token ?? '', keys, {
    issuer: provider.issuer,
    audience: provider.environment().OIDC_AUDIENCE ?? '',
    typ: 'at+jwt',
  });
  expect(payload).toMatchObject({ email: 'supervisor@example.com', email_verified: true, roles: ['flex-supervisors'] });
  await jwtVerify(body.id_token ?? '', keys, { issuer: provider.issuer, audience: provider.clientId });

  const refresh = { grant_type: 'refresh_token', refresh_token: body.refresh_token ?? '' };
  const renewed = await token(refresh);
  expect(renewed).toMatchObject({ status: 200, body: { access_token: expect.any(String) } });
  expect(await token(refresh)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
});

it('signs with another key after a rotation, and still publishes the one before', async () => {
  const byUsername = { grant_type: 'password', username: 'agent@example.com' };
  const before = (await token(byUsername)).body.access_token ?? '';
  await fetch(`${provider.issuer}/rotate-keys`, { method: 'POST' });
  const after = (await token(byUsername)).body.access_token ?? '';
  expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid);
  const settings = { ...twilio.settings, ...provider.environment() };
  for (const bearer of [before, after]) expect(await call(mint, settings, { bearer })).toMatchObject({ status: 201 });
});

it('knows no one by another name', async () => {
  const unknown = { grant_type: 'password', username: 'unknown@example.com' };
  expect(await token(unknown)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
});

it('gives people tokens that the Functions mint for, by their roles', async () => {
  const settings = { ...twilio.settings, ...provider.environment() };
  const mintFor = async (name: string) => {
    const { body } = await token({ grant_type: 'password', username: `${name}@example.com` });
    return call(mint, settings, { bearer: body.access_token ?? '' });
  };
  for (const [name, role] of [
    ['agent', 'agent'],
    ['admin', 'admin'],
    ['newcomer', 'agent'],
  ] as const) {
    expect(await mintFor(name)).toMatchObject({ status: 201, body: { token_info: { roles: [role] } } });
  }
  expect(await mintFor('accountant')).toMatchObject({ status: 403 });
});

it('starts on the oldest Node.js that this project allows, which has no URL.parse', async () => {
  const { parse } = URL;
  Reflect.deleteProperty(URL, 'parse');
  try {
    const other = await startOpenIdProvider();
    await other.close();
  } finally {
    URL.parse = parse;
  }
});

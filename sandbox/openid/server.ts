import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { exportJWK, generateKeyPair } from 'jose';
import type { JWK, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { refusalPage, signInPage } from '../hosts/identity-provider';
import { AUDIENCE, CLIENT_ID, configurationFor, newCookieKeys, RESOURCE_SERVER } from './configuration';
import { OIDC_ROLES, PEOPLE, personById, personByUsername } from './people';

/** The customer's own identity provider: a real OpenID provider (`oidc-provider`) on the loopback interface. */
export interface OpenIdProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly people: typeof PEOPLE;
  /** The settings that make the Functions trust it. */
  environment(): Record<string, string>;
  /** Lets the client be sent back to this URL. */
  trust(redirectUri: string): void;
  /** Signs with another key from now on. Earlier keys stay published, so that tokens stay valid. */
  rotateKeys(): Promise<void>;
  close(): Promise<void>;
}

interface OpenIdProviderOptions {
  /** 0, or none, for a free one. */
  readonly port?: number;
  readonly redirectUris?: readonly string[];
}

export async function startOpenIdProvider({
  port = 0,
  redirectUris = [],
}: OpenIdProviderOptions = {}): Promise<OpenIdProvider> {
  addUrlParse();
  const library = await quietly(() => import('oidc-provider'));
  const cookieKeys = newCookieKeys();
  let changing = { keys: [await newKey()], redirectUris: [...redirectUris], cookieKeys };
  let provider: Provider;

  const app = new Hono<{ Bindings: HttpBindings }>();
  app.onError((error, c) => {
    if (error instanceof library.errors.SessionNotFound) {
      return refusalPage(c, 'This sign-in has ended. Go back to the application and sign in again.');
    }
    throw error;
  });
  app.get('/interaction/:uid', async (c) => {
    const { params } = await provider.interactionDetails(c.env.incoming, c.env.outgoing);
    return signInPage(c, { action: '', users: PEOPLE, redirectUrl: String(params.redirect_uri) });
  });
  app.post('/interaction/:uid', async (c) => {
    const chosen = personById(new URLSearchParams(await c.req.text()).get('user') ?? '');
    const result = chosen
      ? { login: { accountId: chosen.id } }
      : { error: 'access_denied', error_description: 'Refused at the sandbox’s identity provider.' };
    return c.redirect(await provider.interactionResult(c.env.incoming, c.env.outgoing, result), 303);
  });
  app.post('/rotate-keys', async (c) => {
    await rotateKeys();
    return c.text('The identity provider signs with a new key.\n');
  });
  app.all('*', async (c) => {
    await provider.callback()(c.env.incoming, c.env.outgoing);
    return RESPONSE_ALREADY_SENT;
  });

  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const change = (changes: Partial<typeof changing>) => {
    changing = { ...changing, ...changes };
    const next = quietly(() => new library.Provider(issuer, configurationFor(changing)));
    next.registerGrantType('password', (ctx) => grantByUsername(next, ctx), ['username']);
    provider = next;
  };
  const rotateKeys = async () => change({ keys: [await newKey(), ...changing.keys] });
  change({});

  return {
    issuer,
    clientId: CLIENT_ID,
    people: PEOPLE,
    environment: () => ({ OIDC_ISSUER: issuer, OIDC_AUDIENCE: AUDIENCE, OIDC_ROLES, OIDC_PROVISION: 'true' }),
    trust: (redirectUri) => change({ redirectUris: [...changing.redirectUris, redirectUri] }),
    rotateKeys,
    async close() {
      const closed = once(server, 'close');
      server.closeAllConnections();
      server.close();
      await closed;
    },
  };
}

/** The library uses `URL.parse`, which early versions of Node.js 20 and 22 do not have. */
function addUrlParse(): void {
  if (typeof URL.parse === 'function') return;
  URL.parse = (url, base) => (URL.canParse(url, base) ? new URL(url, base) : null);
}

/** Without the library's warnings about what does not matter on a developer's machine: its memory store, and Node 20. */
function quietly<T>(work: () => T): T {
  const { warn } = console;
  console.warn = (...words: unknown[]) => {
    if (!String(words[0]).includes('oidc-provider WARNING')) warn(...words);
  };
  const restore = () => {
    console.warn = warn;
  };
  try {
    const result = work();
    if (result instanceof Promise) void result.finally(restore).catch(() => undefined);
    else restore();
    return result;
  } catch (error) {
    restore();
    throw error;
  }
}

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' } as JWK;
}

/** An access token by user name alone, for `curl`. No real provider should have this: it is the sandbox's password grant without passwords. */
async function grantByUsername(provider: Provider, ctx: KoaContextWithOIDC): Promise<void> {
  const { client, params } = ctx.oidc;
  const person = personByUsername(params?.username);
  if (!client || !person) {
    ctx.status = 400;
    ctx.body = { error: 'invalid_grant', error_description: 'There is no such user' };
    return;
  }
  const grantId = await new provider.Grant({ clientId: client.clientId, accountId: person.id }).save();
  const token = new provider.AccessToken({ accountId: person.id, client, grantId, gty: 'password', scope: 'flex' });
  token.resourceServer = new provider.ResourceServer(AUDIENCE, RESOURCE_SERVER);
  ctx.body = { access_token: await token.save(), token_type: 'Bearer', expires_in: token.expiration };
}

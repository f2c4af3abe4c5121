import type { BrowserContext, Request, Route } from 'playwright-core';
import { ACCOUNT_SID } from './service';

type Json = Record<string, unknown>;

/** A Twilio of a few lines that plays its part in a browser context. Every response can be replaced or held back. */
export interface FakeTwilio {
  configList: Json[];
  /** Seconds until the tokens that are handed out expire. */
  lifetimeSeconds: number;
  /** Moves no further than this, as a session at its maximum lifetime. */
  expiresAtMostMs: number;
  user: Json;
  /** By path: `hang`, `abort`, or a status to refuse with. */
  trouble: Record<string, 'hang' | 'abort' | number>;
  /** What the identity provider sends the browser back with. */
  comeBack(authorize: URL): Record<string, string>;
  requests: { path: string; body: string; url: string }[];
  tokens: string[];
  requestsTo(path: string): { path: string; body: string; url: string }[];
}

const CORS = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' };

export async function playTwilio(context: BrowserContext): Promise<FakeTwilio> {
  let issued = 0;
  const expiries = new Map<string, number>();
  const spent = new Set<string>();
  const twilio: FakeTwilio = {
    configList: [
      { ...connection('JBinactive'), active: false },
      { ...connection('JBactive'), active: true },
    ],
    lifetimeSeconds: 3600,
    expiresAtMostMs: Number.POSITIVE_INFINITY,
    user: { identity: 'ada_40example_2Ecom', realm_user_id: 'ada@example.com', roles: ['agent', 'supervisor'] },
    trouble: {},
    comeBack: (authorize) => ({ code: `code-${++issued}`, state: authorize.searchParams.get('state') ?? '' }),
    requests: [],
    tokens: [],
    requestsTo: (path) => twilio.requests.filter((request) => request.path === path),
  };

  const handlers: Record<string, (request: Request, url: URL) => Json | number> = {
    '/v1/Flex/Authentication/Config': () => ({ config_list: twilio.configList }),
    '/v1/Flex/OAuth/Tokens': (request) => {
      const body: Json = request.postDataJSON();
      const key = String(body.code ?? body.refresh_token);
      if (spent.has(key)) return 400;
      spent.add(key);
      const accessToken = `eyJ.access.token.number.${++issued}`;
      twilio.tokens.push(accessToken);
      const expiry = Date.now() + twilio.lifetimeSeconds * 1000;
      expiries.set(accessToken, Math.min(expiry, twilio.expiresAtMostMs));
      return { access_token: accessToken, refresh_token: `refresh-${issued}` };
    },
    [`/v1/Accounts/${ACCOUNT_SID}/Tokens/Info`]: (request) => {
      const expiry = expiries.get(new URLSearchParams(request.postData() ?? '').get('Token') ?? '');
      if (expiry === undefined) return 401;
      return { ...twilio.user, expiration: new Date(expiry).toISOString(), account_sid: ACCOUNT_SID };
    },
    '/v1/Configuration': () => ({ account_sid: ACCOUNT_SID }),
  };

  await context.route(/^https:\/\/[^/]*\.twilio\.com\//, async (route) => {
    const request = route.request();
    const url = new URL(request.url());
    twilio.requests.push({ path: url.pathname, url: url.href, body: request.postData() ?? '' });
    const trouble = twilio.trouble[url.pathname];
    if (trouble === 'hang') return;
    if (trouble === 'abort') return route.abort('connectionrefused');
    if (url.pathname === '/v1/Flex/Authorize') return sendBack(route, url, twilio);
    const answer = trouble ?? handlers[url.pathname]?.(request, url) ?? 404;
    if (typeof answer !== 'number') return route.fulfill({ json: answer, headers: CORS });
    const error = { code: answer === 401 ? 20003 : 20001, message: 'No', status: answer };
    return route.fulfill({ status: answer, json: error, headers: CORS });
  });
  // A token that was issued elsewhere.
  expiries.set('pasted.token', Date.now() + 3_600_000);
  return twilio;
}

async function sendBack(route: Route, authorize: URL, twilio: FakeTwilio): Promise<void> {
  // The SDK encodes the URL twice.
  const target = new URL(decodeURIComponent(authorize.searchParams.get('redirectUrl') ?? ''));
  for (const [name, value] of Object.entries(twilio.comeBack(authorize))) target.searchParams.set(name, value);
  await route.fulfill({ status: 302, headers: { location: target.href } });
}

function connection(name: string): Json {
  return { account_sid: ACCOUNT_SID, connection_name: name, client_id: `client-of-${name}`, app_type: 'SinglePageApp' };
}

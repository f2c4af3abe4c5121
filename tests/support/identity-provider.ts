import { createHmac, generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A signing key, and its public half as the provider publishes it. */
export interface SigningKey {
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly jwk: Readonly<Record<string, unknown>>;
}

type Responder = (request: IncomingMessage, response: ServerResponse) => void;

/** An identity provider on the loopback interface whose keys, documents and failures the test controls. */
export interface TestProvider {
  readonly issuer: string;
  readonly audience: string;
  /** `OIDC_ISSUER` and `OIDC_AUDIENCE`. */
  readonly settings: Readonly<Record<string, string>>;
  /** The paths that were requested, in order. */
  readonly requests: string[];
  /** The key that {@link token} signs with. Assigning a list to {@link keys} decides what is published. */
  key: SigningKey;
  keys: readonly object[];
  /** Added to the discovery document. */
  discovery: Readonly<Record<string, unknown>>;
  /** Responds instead of the provider, if set. */
  trouble: { discovery?: Responder | undefined; keys?: Responder | undefined };
  /** Replaces the key, in what is published too. */
  rotate(): SigningKey;
  claims(changes?: object): Record<string, unknown>;
  /** A token with the claims of {@link claims} and these changes; `undefined` removes one. */
  token(changes?: object, header?: object): string;
  close(): Promise<void>;
}

export const DISCOVERY_PATH = '/.well-known/openid-configuration';
export const KEYS_PATH = '/keys';

/** Generating an RSA key takes long enough to be worth keeping it. */
const rsa = (bits = 2048) => generateKeyPairSync('rsa', { modulusLength: bits });
const CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

let kids = 0;

export function newKey(alg = 'ES256', rsaBits?: number): SigningKey {
  kids += 1;
  const curve = CURVES[alg];
  const { publicKey, privateKey } =
    alg === 'EdDSA'
      ? generateKeyPairSync('ed25519')
      : curve === undefined
        ? rsa(rsaBits)
        : generateKeyPairSync('ec', { namedCurve: curve });
  const kid = `key-${kids}`;
  return { alg, kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' } };
}

export const base64url = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A compact JWS of any header and payload: nothing is checked, so that attacks can be written down. */
export function signToken(header: object, payload: unknown, { alg, privateKey }: SigningKey): string {
  const signed = `${base64url(header)}.${base64url(payload)}`;
  return `${signed}.${signatureOf(alg, Buffer.from(signed), privateKey).toString('base64url')}`;
}

/** A compact JWS with a symmetric signature. */
export function signWithSecret(header: object, payload: unknown, secret: string | Buffer): string {
  const signed = `${base64url(header)}.${base64url(payload)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

function signatureOf(alg: string, bytes: Buffer, key: KeyObject): Buffer {
  const digest = `sha${alg.slice(2)}`;
  if (alg === 'EdDSA') return signBytes(null, bytes, key);
  if (alg.startsWith('ES')) return signBytes(digest, bytes, { key, dsaEncoding: 'ieee-p1363' });
  // RSA_PKCS1_PSS_PADDING, with a salt as long as the digest.
  if (alg.startsWith('PS')) return signBytes(digest, bytes, { key, padding: 6, saltLength: Number(alg.slice(2)) / 8 });
  return signBytes(digest, bytes, key);
}

export const sendJson =
  (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Responder =>
  (_, response) =>
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));

/** @param path where the issuer is on its host, such as `/tenant` or `/` */
export async function startProvider(path = ''): Promise<TestProvider> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    const found = request.url === `${path.replace(/\/+$/, '')}${DISCOVERY_PATH}`;
    const isKeys = request.url === KEYS_PATH;
    const document = { issuer: provider.issuer, jwks_uri: `${origin}${KEYS_PATH}`, ...provider.discovery };
    if (found) return (provider.trouble.discovery ?? sendJson(document))(request, response);
    if (isKeys) return (provider.trouble.keys ?? sendJson({ keys: provider.keys }))(request, response);
    return sendJson({}, 404)(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const key = newKey();
  const provider: TestProvider = {
    issuer: `${origin}${path}`,
    audience: 'https://flex.example.com',
    get settings() {
      return { OIDC_ISSUER: provider.issuer, OIDC_AUDIENCE: provider.audience };
    },
    requests,
    key,
    keys: [key.jwk],
    discovery: {},
    trouble: {},
    rotate() {
      provider.key = newKey();
      provider.keys = [provider.key.jwk];
      return provider.key;
    },
    claims(changes = {}) {
      const now = Math.floor(Date.now() / 1000);
      return {
        iss: provider.issuer,
        aud: provider.audience,
        sub: 'subject-1',
        iat: now,
        exp: now + 900,
        email: 'agent@example.com',
        email_verified: true,
        name: 'Example Agent',
        ...changes,
      };
    },
    token(changes = {}, header = {}) {
      const { alg, kid } = provider.key;
      return signToken({ alg, kid, typ: 'JWT', ...header }, provider.claims(changes), provider.key);
    },
    async close() {
      const closed = once(server, 'close');
      server.closeAllConnections();
      server.close();
      await closed;
    },
  };
  return provider;
}

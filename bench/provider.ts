import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { UNLISTED_STATUS_USER } from './account';

const AUDIENCE = 'bench';

/** An identity provider in this process, on plain HTTP: it only ever serves its two documents. */
export interface Provider {
  readonly settings: Readonly<Record<string, string>>;
  /** A token of one user by its algorithm. */
  readonly tokens: Readonly<Record<string, string>>;
  readonly requests: () => number;
  readonly close: () => Promise<void>;
}

export async function startBenchProvider(): Promise<Provider> {
  let requests = 0;
  const keys: object[] = [];
  const server = createServer(({ url }, response) => {
    requests += 1;
    response.end(JSON.stringify(url === '/keys' ? { keys } : { issuer, jwks_uri: `${issuer}/keys` }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tokens: Record<string, string> = {};
  for (const alg of ['RS256', 'ES256']) {
    const { publicKey, privateKey } = await generateKeyPair(alg);
    keys.push({ ...(await exportJWK(publicKey)), kid: alg, alg, use: 'sig' });
    tokens[alg] = await new SignJWT({ email: UNLISTED_STATUS_USER.username, email_verified: true })
      .setProtectedHeader({ alg, kid: alg })
      .setIssuer(issuer)
      .setAudience(AUDIENCE)
      .setSubject('bench')
      .setIssuedAt()
      .setExpirationTime('2h')
      .sign(privateKey);
  }
  return {
    settings: { OIDC_ISSUER: issuer, OIDC_AUDIENCE: AUDIENCE },
    tokens,
    requests: () => requests,
    close: async () => {
      const closed = once(server, 'close');
      server.closeAllConnections();
      server.close();
      await closed;
    },
  };
}

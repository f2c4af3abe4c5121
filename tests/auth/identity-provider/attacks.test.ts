import { createPublicKey, X509Certificate } from 'node:crypto';
import { handler as lookup } from '../../../src/functions/lookup';
import { handler as mint } from '../../../src/functions/mint';
import { call } from '../../support/call';
import {
  base64url,
  signToken,
  signWithSecret,
  startProvider,
  type TestProvider,
} from '../../support/identity-provider';
import { useSandbox } from '../../support/twilio';

// Each attack uses a real key against a real HTTP provider. A refusal also proves that no request reached Twilio.

const twilio = useSandbox();
let provider: TestProvider;
let stranger: TestProvider;

beforeAll(async () => {
  [provider, stranger] = await Promise.all([startProvider(), startProvider()]);
});
beforeEach(() => {
  provider.requests.length = 0;
  stranger.requests.length = 0;
});
afterAll(() => Promise.all([provider.close(), stranger.close()]));

const settings = () => ({ ...twilio.settings, ...provider.settings });
const PUBLIC_MESSAGE =
  'This identity provider token is invalid, expired, or not for this service. Sign in again and use the new token.';

async function expectRefused(token: string, reason?: RegExp): Promise<void> {
  for (const handler of [mint, lookup]) {
    for (const asking of [{ bearer: token }, { fields: { Token: token } }]) {
      const { status, headers, body, log } = await call(handler, settings(), asking);
      expect({ status, body, authenticate: headers['www-authenticate'] }).toEqual({
        status: 401,
        body: { status: 401, code: 'invalid_token', message: PUBLIC_MESSAGE },
        authenticate: 'Bearer',
      });
      if (reason) expect(log[0]?.reason).toMatch(reason);
      expect(JSON.stringify(log)).not.toContain(token.slice(0, 40) || 'no token');
      expect(JSON.stringify(log)).not.toContain('agent@example.com');
    }
  }
  expect(twilio.sandbox.requests).toEqual([]);
}

const header = (changes: object = {}) => ({ alg: provider.key.alg, kid: provider.key.kid, typ: 'JWT', ...changes });
const pem = () => createPublicKey(provider.key.privateKey).export({ format: 'pem', type: 'spki' }).toString();

it('accepts a genuine token, so that the refusals below have another cause', async () => {
  for (const asking of [{ bearer: provider.token() }, { fields: { Token: provider.token() } }]) {
    expect(await call(mint, settings(), asking)).toMatchObject({ status: 201 });
  }
});

describe('signature', () => {
  it('alg none, with and without a signature, in any case', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
      await expectRefused(`${base64url(header({ alg }))}.${base64url(provider.claims())}.`, /alg/);
      await expectRefused(signToken(header({ alg }), provider.claims(), provider.key), /alg/);
    }
  });

  it('HS256 with the public key as the secret, as PEM and as JWK', async () => {
    for (const alg of ['HS256', 'HS384', 'HS512']) {
      for (const secret of [pem(), pem().trim(), JSON.stringify(provider.key.jwk), String(provider.key.jwk.x)]) {
        await expectRefused(signWithSecret(header({ alg }), provider.claims(), secret), /alg/);
      }
    }
  });

  it('HMAC under the name of an accepted algorithm', async () => {
    for (const alg of ['ES256', 'RS256', 'EdDSA']) {
      await expectRefused(signWithSecret(header({ alg }), provider.claims(), pem()), /signature/);
    }
  });

  it('an algorithm outside the list, or of another type', async () => {
    for (const alg of ['ES256K', 'RS1', 'RSA-OAEP', 'dir', 'rs256', 'Ed25519', ['ES256'], null, 256, undefined]) {
      await expectRefused(signToken(header({ alg }), provider.claims(), provider.key), /alg/);
    }
  });

  it('another accepted algorithm than the one of the key', async () => {
    for (const alg of ['RS256', 'PS256', 'ES384', 'EdDSA']) {
      await expectRefused(signToken(header({ alg }), provider.claims(), provider.key), /signature/);
    }
  });

  it('a key of another issuer, with its own key ID and with a copied one', async () => {
    const { key } = stranger;
    await expectRefused(signToken(header({ kid: key.kid }), provider.claims(), key), /signature/);
    await expectRefused(signToken(header(), provider.claims(), key), /signature/);
    await expectRefused(signToken(header({ kid: undefined }), provider.claims(), key), /signature/);
    await expectRefused(stranger.token());
  });

  it('a key that the token brings along (jwk, x5c), or points to (jku, x5u): nothing is fetched', async () => {
    const { key } = stranger;
    const jku = `${stranger.issuer}/keys`;
    const certificate = Buffer.from('not a certificate').toString('base64');
    expect(() => new X509Certificate(Buffer.from(certificate, 'base64'))).toThrow();
    for (const brought of [{ jwk: key.jwk }, { jku }, { x5u: jku }, { x5c: [certificate] }, { x5t: 'abc' }]) {
      for (const kid of [key.kid, provider.key.kid, undefined]) {
        await expectRefused(signToken(header({ ...brought, kid }), provider.claims(), key), /signature/);
      }
    }
    expect(stranger.requests).toEqual([]);
  });

  it('a genuine token whose header or claims were changed afterwards', async () => {
    const [head, , signature] = provider.token().split('.');
    const admin = base64url(provider.claims({ email: 'admin@example.com' }));
    await expectRefused(`${head}.${admin}.${signature}`, /^signature: ERR_JWS_SIGNATURE_VERIFICATION_FAILED$/);
    const [, claims] = provider.token().split('.');
    await expectRefused(`${base64url(header({ typ: 'at+jwt' }))}.${claims}.${signature}`, /signature/);
  });

  it('a genuine token without its signature, cut short or damaged', async () => {
    const token = provider.token();
    const [head, claims, signature = ''] = token.split('.');
    for (const damaged of ['', signature.slice(0, -4), `${signature}AAAA`, 'A'.repeat(signature.length), '=', '~~~']) {
      await expectRefused(`${head}.${claims}.${damaged}`);
    }
    for (const damaged of [`${head}..${signature}`, `.${claims}.${signature}`, '..', `a.b.c`, `${head}.${claims}x.x`]) {
      await expectRefused(damaged);
    }
  });

  it('all zeros as an ECDSA signature, for every curve', async () => {
    const signed = `${base64url(header())}.${base64url(provider.claims())}`;
    await expectRefused(`${signed}.${Buffer.alloc(64).toString('base64url')}`, /signature/);
  });
});

describe('header', () => {
  it('crit, whatever it names', async () => {
    for (const crit of [['b64'], ['exp'], ['x'], [], 'exp', null]) {
      await expectRefused(signToken(header({ crit, b64: true, x: 1 }), provider.claims(), provider.key), /crit/);
    }
  });

  it('an unencoded payload (b64: false)', async () => {
    const unencoded = header({ b64: false, crit: ['b64'] });
    await expectRefused(signToken(unencoded, provider.claims(), provider.key), /crit/);
  });

  it('the typ of a logout token, of a security event, or of another type', async () => {
    for (const typ of [
      'logout+jwt',
      'secevent+jwt',
      'dpop+jwt',
      'application/jose',
      'at+jwt2',
      'JWTx',
      '',
      7,
      null,
      ['JWT'],
    ]) {
      await expectRefused(signToken(header({ typ }), provider.claims(), provider.key), /typ/);
    }
  });

  it.each(['JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/jwt', 'Application/at+JWT', undefined])(
    'typ %p is accepted, so that the refusals above have another cause',
    async (typ) => {
      const token = signToken(header({ typ }), provider.claims(), provider.key);
      expect(await call(mint, settings(), { bearer: token })).toMatchObject({ status: 201 });
    },
  );

  it('a key ID that is not a string, or a name of what every object has', async () => {
    for (const kid of [7, null, {}, [provider.key.kid], true]) {
      await expectRefused(signToken(header({ kid }), provider.claims(), provider.key), /kid/);
    }
    for (const kid of ['__proto__', 'constructor', '../../keys', '']) {
      await expectRefused(signToken(header({ kid }), provider.claims(), provider.key), /signature/);
    }
  });

  it('a header that is not a JSON object', async () => {
    for (const head of ['[]', '"x"', 'null', '7', '{', '', '{"alg":"ES256"']) {
      const signed = `${base64url(head)}.${base64url(provider.claims())}`;
      await expectRefused(`${signed}.AAAA`);
    }
  });
});

describe('claims', () => {
  const now = () => Math.floor(Date.now() / 1000);

  const attacks: [string, () => object, RegExp][] = [
    ['wrong audience', () => ({ aud: 'https://other.example.com' }), /aud/],
    ['missing audience', () => ({ aud: undefined }), /aud/],
    ['empty audience', () => ({ aud: [] }), /aud/],
    ['an audience that differs by a slash', () => ({ aud: `${provider.audience}/` }), /aud/],
    ['an audience that differs by case', () => ({ aud: provider.audience.toUpperCase() }), /aud/],
    ['an additional audience', () => ({ aud: [provider.audience, 'https://other.example.com'] }), /aud/],
    ['an audience that is not a string', () => ({ aud: [provider.audience, null] }), /aud/],
    ['an audience in an array in an array', () => ({ aud: [[provider.audience]] }), /aud/],
    ['an audience as an object', () => ({ aud: { [provider.audience]: true } }), /aud/],
    ['wrong issuer', () => ({ iss: stranger.issuer }), /iss/],
    ['missing issuer', () => ({ iss: undefined }), /iss/],
    ['an issuer that differs by a slash', () => ({ iss: `${provider.issuer}/` }), /iss/],
    ['an issuer that differs by case', () => ({ iss: provider.issuer.replace('http', 'HTTP') }), /iss/],
    ['an issuer in an array', () => ({ iss: [provider.issuer] }), /iss/],
    ['expired by a second', () => ({ exp: now() - 1 }), /exp/],
    ['expired now', () => ({ exp: now() }), /exp/],
    ['missing exp', () => ({ exp: undefined }), /exp/],
    ['exp as a string', () => ({ exp: String(now() + 900) }), /exp/],
    ['exp null', () => ({ exp: null }), /exp/],
    ['nbf in the future', () => ({ nbf: now() + 70 }), /nbf/],
    ['nbf of another type', () => ({ nbf: '0' }), /nbf/],
    ['nbf null', () => ({ nbf: null }), /nbf/],
    ['iat in the future', () => ({ iat: now() + 70 }), /iat/],
    ['missing iat', () => ({ iat: undefined }), /iat/],
    ['iat of another type', () => ({ iat: true }), /iat/],
    ['missing sub', () => ({ sub: undefined }), /sub/],
    ['empty sub', () => ({ sub: '' }), /sub/],
    ['sub of another type', () => ({ sub: 7 }), /sub/],
  ];

  it.each(attacks)('%s', async (_, changes, reason) => {
    await expectRefused(provider.token(changes()), reason);
  });

  it.each([
    ['nbf and iat 50 s ahead', () => ({ nbf: now() + 50, iat: now() + 50 })],
    ['the audience alone in an array', () => ({ aud: [provider.audience] })],
    ['exp with a fraction of a second', () => ({ exp: now() + 900.5 })],
  ])('%s are accepted, so that the refusals above have another cause', async (_, changes) => {
    expect(await call(mint, settings(), { bearer: provider.token(changes()) })).toMatchObject({ status: 201 });
  });

  it('claims that are not a JSON object, though signed', async () => {
    for (const payload of ['[]', 'null', '"x"', '7', '{', '', Buffer.from([0x7b, 0xff, 0x7d]).toString('latin1')]) {
      await expectRefused(signToken(header(), payload, provider.key), /claims/);
    }
  });

  it('claims that are invalid UTF-8', async () => {
    const bytes = Buffer.concat([
      Buffer.from(JSON.stringify(provider.claims()).slice(0, -1)),
      Buffer.from(',"x":"'),
      Buffer.from([0xff]),
      Buffer.from('"}'),
    ]);
    const { sign } = await import('node:crypto');
    const signed = `${base64url(header())}.${bytes.toString('base64url')}`;
    const signature = sign('sha256', Buffer.from(signed), { key: provider.key.privateKey, dsaEncoding: 'ieee-p1363' });
    await expectRefused(`${signed}.${signature.toString('base64url')}`, /claims/);
  });

  it('the claims of a token in __proto__', async () => {
    await expectRefused(
      signToken(header(), `{"__proto__":${JSON.stringify(provider.claims())}}`, provider.key),
      /^rule violated: /,
    );
  });
});

describe('the userinfo endpoint as a second audience', () => {
  it('is accepted if the issuer names it, and refused otherwise', async () => {
    const own = await startProvider();
    own.discovery = { userinfo_endpoint: `${own.issuer}/me` };
    const bearer = (aud: readonly string[]) => ({ bearer: own.token({ aud }) });
    const trust = { ...twilio.settings, ...own.settings };
    expect(await call(mint, trust, bearer([own.audience, `${own.issuer}/me`]))).toMatchObject({ status: 201 });
    expect(await call(mint, trust, bearer([`${own.issuer}/me`]))).toMatchObject({ status: 401 });
    expect(await call(mint, trust, bearer([own.audience, `${own.issuer}/me`, 'x']))).toMatchObject({ status: 401 });
    await own.close();
    twilio.sandbox.reset();
    await expectRefused(provider.token({ aud: [provider.audience, `${provider.issuer}/me`] }), /aud/);
    await expectRefused(provider.token({ aud: [provider.audience, 'undefined'] }), /aud/);
  });
});

describe('size and form', () => {
  it('more than 16,384 characters, though genuine', async () => {
    const padded = (length: number, extra: string) => provider.token({ padding: 'x'.repeat(length) }, { extra });
    const about = Math.floor((16_384 - padded(0, '').length) * 0.75);
    // Base64 cannot have every length: header and claims together can.
    const candidates = ['', 'x', 'xx', 'xxx'].flatMap((extra) =>
      Array.from({ length: 16 }, (_, more) => padded(about - 8 + more, extra)),
    );
    const ofLength = (length: number) => candidates.find((token) => token.length === length) ?? '';
    expect(await call(mint, settings(), { bearer: ofLength(16_384) })).toMatchObject({ status: 201 });
    twilio.sandbox.reset();
    await expectRefused(ofLength(16_385), /too long/);
    await expectRefused(`a.b.${'c'.repeat(1_000_000)}`);
  });

  it('characters that no token has', async () => {
    const [head, claims, signature] = provider.token().split('.');
    for (const damaged of [`${head}. ${claims}.${signature}`, `${head}.${claims}.ü`, `${head}.${claims}.\u0000`]) {
      await expectRefused(damaged);
    }
  });

  it('a JWE or a single part is a Flex token still, and goes to Twilio', async () => {
    const answer = await call(lookup, settings(), { bearer: await twilio.sandbox.tokenFor('agent') });
    expect(answer).toMatchObject({ status: 200 });
    expect(twilio.sandbox.requestsTo('iam')).toHaveLength(1);
  });
});

describe('what a token’s user may do', () => {
  it('name themselves, by the user name in the token or by no name', async () => {
    for (const fields of [{}, { username: 'agent@example.com' }]) {
      expect(await call(mint, settings(), { bearer: provider.token(), fields })).toMatchObject({ status: 201 });
      expect(await call(lookup, settings(), { bearer: provider.token(), fields })).toMatchObject({ status: 200 });
    }
  });

  it('another user’s name in the request is 403, and no request is made to Twilio', async () => {
    const { flexUserSid } = twilio.sandbox.users.agent;
    const required = 'the supervisor role, or the admin role, or a backend key with the scope lookup';
    for (const [handler, right, needs] of [
      [mint, 'mint anybody', 'a backend key with the scope mint'],
      [lookup, 'lookup anybody', required],
    ] as const) {
      for (const fields of [
        { username: 'admin@example.com' },
        { username: 'Agent@example.com' },
        { username: 'agent@example.com ' },
        { flex_user_sid: flexUserSid },
      ]) {
        expect(await call(handler, settings(), { bearer: provider.token(), fields })).toMatchObject({
          status: 403,
          body: {
            code: 'forbidden',
            message: `A token of your identity provider allows only lookup and mint of its own user, without flex_user_sid, not "${right}". Required for that: ${needs}.`,
          },
        });
      }
    }
    expect(twilio.sandbox.requests).toEqual([]);
  });
});

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Service, startService } from '../../local/running-service';
import { ACTIONS } from '../../src/contract/functions';
import { post } from '../support/http';
import { sendJson, startProvider, type TestProvider } from '../support/identity-provider';
import { scriptsIn, stringsIn } from '../support/strings';

const FUNCTIONS = resolve(__dirname, '../../dist/functions');

describe.each(ACTIONS)('the file of %s', (name) => {
  const script = readFileSync(join(FUNCTIONS, `${name}.js`), 'utf8');

  it.each([
    ['jose', 'ERR_JWKS_MULTIPLE_MATCHING_KEYS'],
    ['the rules for tokens of an identity provider', 'crit is absent'],
    ['the validator of Flex tokens', '/Tokens/validate'],
  ])('has %s as a string, which is compiled on first use', (_, sign) => {
    const holders = stringsIn(script).filter((text) => text.includes(sign));
    expect(holders).toHaveLength(1);
    expect(scriptsIn(script)).toEqual(expect.arrayContaining(holders));
  });
});

describe('code that was compiled from a string', () => {
  let service: Service;
  let provider: TestProvider;

  beforeAll(async () => {
    provider = await startProvider();
    service = await startService({ ...provider.settings });
  });
  afterAll(async () => {
    await service?.close();
    await provider?.close();
  });

  const mint = (bearer: string) => post(service, '/mint', {}, { bearer });

  it.each([
    ['keys that cannot be used', 'upstream_error', () => provider.token(), sendJson({ keys: [] })],
    ['an expired token', 'invalid_token', () => provider.token({ exp: 1 }), undefined],
  ])('reports %s like any other code: as %s', async (_, code, token, keys) => {
    provider.trouble.keys = keys;
    const { status, body } = await mint(token());
    expect({ status, body }).toMatchObject({ status: code === 'upstream_error' ? 502 : 401, body: { code } });
  });

  it('is known to be unreachable, not broken, when the provider does not respond', async () => {
    provider.rotate();
    provider.trouble.keys = (_, response) => response.destroy();
    // Keys are known by now: an unknown one makes the Function ask again.
    const { status, body } = await mint(provider.token());
    expect({ status, body }).toMatchObject({ status: 502, body: { code: 'upstream_error' } });
    expect(body.message).toMatch(/^The identity provider could not be reached\./);
  });

  it('verifies a Flex token', async () => {
    expect(await mint(await service.sandbox.tokenFor('agent'))).toMatchObject({ status: 201 });
    expect(await mint('a.b.c.d.e')).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
  });
});

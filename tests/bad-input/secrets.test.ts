import fc from 'fast-check';
import { ACTIONS } from '../../src/contract/functions';
import { handler as config } from '../../src/functions/config';
import { handler as deprovision } from '../../src/functions/deprovision';
import { handler as lookup } from '../../src/functions/lookup';
import { handler as mint } from '../../src/functions/mint';
import { handler as provision } from '../../src/functions/provision';
import { tries } from '../support/arbitraries';
import { call, type FunctionResponse } from '../support/call';
import { expectDocumented } from '../support/documented';
import { useSandbox } from '../support/twilio';

const FUNCTIONS = { provision, lookup, mint, deprovision };
const CALLERS = ['backend key', 'admin', 'agent', 'guest', 'a bad token', 'a bad key'] as const;

/** Personal data of a user, which no other caller may see. */
const PERSON = {
  username: 'marker.user@secret.example',
  email: 'marker.mail@secret.example',
  full_name: 'Marker of a full name',
  roles: ['agent'],
  worker: { attributes: { note: 'Marker of an attribute' } },
};

const twilio = useSandbox();
let bearers: Record<(typeof CALLERS)[number], string>;
/** Whatever must stand in no error and in no line of the log. */
let secrets: readonly string[];

beforeAll(async () => {
  bearers = {
    'backend key': twilio.sandbox.backendKey,
    admin: await twilio.sandbox.tokenFor('admin'),
    agent: await twilio.sandbox.tokenFor('agent'),
    guest: await twilio.sandbox.tokenFor('guest'),
    'a bad token': 'eyJtYXJrZXI.token.that-nobody-made',
    'a bad key': 'fbk_sandbox.marker-of-a-wrong-key',
  };
  const base64 = (user: string, password: string) => Buffer.from(`${user}:${password}`).toString('base64');
  secrets = [
    ...Object.values(bearers),
    ...twilio.sandbox.backendKey.split('.').slice(1),
    ...twilio.sandbox.backendKeys.split(':').slice(2),
    twilio.sandbox.authToken,
    twilio.sandbox.apiKeySecret,
    base64(twilio.sandbox.accountSid, twilio.sandbox.authToken),
    base64(twilio.sandbox.apiKeySid, twilio.sandbox.apiKeySecret),
    PERSON.username,
    PERSON.email,
    PERSON.full_name,
    PERSON.worker.attributes.note,
    encodeURIComponent(PERSON.username),
    twilio.sandbox.users.admin.username,
    twilio.sandbox.users.agent.username,
    'eyJ.marker-of-a-minted-token',
  ];
});

function expectNoSecret({ status, headers, body, log }: FunctionResponse): void {
  expect(log.length).toBeGreaterThan(0);
  const told = JSON.stringify([log, status < 400 ? [] : [headers, body]]);
  for (const secret of secrets) expect(told).not.toContain(secret);
  // Nor where in the code something went wrong.
  expect(told).not.toContain(process.cwd());
  expect(told).not.toMatch(/node_modules|\.[cm]?[jt]s:\d|\bat \S+ \(/);
}

/** A response of Twilio that repeats everything it received, wherever possible. */
const echo = (code: unknown) => {
  const all = secrets.join(' ');
  const user = { ...PERSON, flex_user_sid: all };
  return {
    code,
    message: all,
    more_info: all,
    status: 400,
    detail: { [all]: all },
    valid: false,
    roles: [all],
    users: [user],
    access_token: 'eyJ.marker-of-a-minted-token',
    token_info: user,
    flex_instance_sid: all,
  };
};

const variables = () =>
  fc.constantFrom<Record<string, string>>(
    {},
    { FLEX_INSTANCE_SID: twilio.sandbox.instanceSid },
    { API_KEY: twilio.sandbox.apiKeySid, API_SECRET: twilio.sandbox.apiKeySecret },
  );

describe.each(ACTIONS)('%s tells no secret', (operation) => {
  it('shows no secret in the error or the log if Twilio repeats all of them, whatever its status', async () => {
    const fault = fc.record({
      host: fc.constantFrom('iam' as const, 'flex-api' as const),
      status: fc.constantFrom(200, 201, 302, 400, 401, 403, 404, 409, 418, 422, 429, 500, 501, 502, 503, 504),
      code: fc.constantFrom<unknown>(20001, 'text', null, [20001], { code: 1 }),
      isJson: fc.boolean(),
    });
    const fields = fc.constantFrom(PERSON, { username: PERSON.username }, {}, { flex_user_sid: `FU${'0'.repeat(32)}` });
    let failed = 0;
    await fc.assert(
      fc.asyncProperty(
        fault,
        fc.constantFrom(...CALLERS),
        fields,
        variables(),
        async ({ host, status, code, isJson }, caller, fields, variables) => {
          twilio.sandbox.reset();
          const text = JSON.stringify(echo(code));
          twilio.sandbox.fault({
            host,
            status,
            body: isJson ? text : `<html>${text}`,
            contentType: isJson ? 'application/json' : 'text/html',
            headers: { 'Twilio-Request-Id': secrets[0] ?? '' },
            // Longer than there is time for: so it is not tried again, and the run is short.
            retryAfter: 60,
          });
          const settings = { ...twilio.sandbox.environment(), ...variables };
          const answer = await call(FUNCTIONS[operation], settings, { bearer: bearers[caller], fields });
          expectDocumented(answer);
          expectNoSecret(answer);
          if (answer.status >= 400) failed += 1;
        },
      ),
      tries(120),
    );
    expect(failed).toBeGreaterThan(0);
  });

  it('shows no secret in the error or the log if it is in a field in which it is wrong, or in any header', async () => {
    const secret = fc.nat().map((index) => secrets[index % secrets.length] ?? '');
    // An error repeats an unknown field's name to its sender if it is made of short words, as these two are.
    const words: readonly string[] = [PERSON.full_name, PERSON.worker.attributes.note];
    const wrong = secret.chain((text) =>
      fc.constantFrom<unknown>(text, [text], words.includes(text) ? {} : { [text]: text }, { attributes: text }),
    );
    const names = ['username', 'Username', 'flex_user_sid', 'email', 'full_name', 'roles', 'worker', 'ttl', 'Token'];
    const fields = fc.dictionary(fc.constantFrom(...names), wrong, { noNullPrototype: true });
    const headers = secret.chain((text) =>
      fc.constantFrom<Record<string, unknown>>(
        { authorization: text },
        { authorization: `Bearer ${text} ${text}` },
        { authorization: [text, text] },
        { authorization: `Basic ${text}` },
        { 'content-type': text },
        { origin: `https://${encodeURIComponent(text)}@evil.example/${text}?${text}#${text}` },
        { origin: text },
      ),
    );
    await fc.assert(
      fc.asyncProperty(fields, headers, async (fields, headers) => {
        twilio.sandbox.reset();
        const authorization = `Bearer ${twilio.sandbox.backendKey}`;
        const answer = await call(FUNCTIONS[operation], twilio.sandbox.environment(), {
          headers: { authorization, ...headers },
          fields,
        });
        expectDocumented(answer);
        expectNoSecret(answer);
      }),
      tries(100),
    );
  });

  it('the log of a successful call has neither the user’s name, nor their email address, nor the token', async () => {
    const bearer = twilio.sandbox.backendKey;
    await call(provision, twilio.sandbox.environment(), { bearer, fields: PERSON });
    const fields = operation === 'provision' ? PERSON : { username: PERSON.username };
    const answer = await call(FUNCTIONS[operation], twilio.sandbox.environment(), { bearer, fields });
    expect(answer.status).toBeLessThan(300);
    expectNoSecret(answer);
    if (operation === 'mint') expect(JSON.stringify(answer.log)).not.toContain(answer.body.access_token);
  });

  it('names invalid settings without their values', async () => {
    const markers = {
      API_KEY: 'SKmarker',
      MAX_TOKEN_TTL: 'marker-of-ttl',
      BACKEND_KEYS: twilio.sandbox.backendKey,
      LOG_LEVEL: 'marker-level',
    };
    const settings = { ...twilio.sandbox.environment(), ...markers };
    const answer = await call(FUNCTIONS[operation], settings, { bearer: bearers.admin });
    expectDocumented(answer);
    expect(answer).toMatchObject({ status: 500, body: { code: 'misconfigured' } });
    for (const name of ['MAX_TOKEN_TTL', 'BACKEND_KEYS', 'LOG_LEVEL']) expect(answer.body.message).toContain(name);
    expectNoSecret(answer);
    for (const marker of Object.values(markers))
      expect(JSON.stringify([answer.body, answer.log])).not.toContain(marker);
    expect(twilio.sandbox.requests).toEqual([]);
  });
});

describe('config', () => {
  it('returns and logs no secret of its settings', async () => {
    const keys = { API_KEY: twilio.sandbox.apiKeySid, API_SECRET: twilio.sandbox.apiKeySecret };
    const answer = await call(config, {
      ...twilio.sandbox.environment(),
      ...keys,
      FLEX_INSTANCE_SID: twilio.sandbox.instanceSid,
    });
    expectNoSecret(answer);
    const told = JSON.stringify([answer.headers, answer.body]);
    for (const secret of [...secrets, twilio.sandbox.apiKeySid, twilio.sandbox.instanceSid])
      expect(told).not.toContain(secret);
    expect(Object.keys(answer.body).sort()).toEqual(['account_sid', 'allowed_origins', 'log_level', 'telemetry']);
  });
});

import { handler as deprovision } from '../../src/functions/deprovision';
import { handler as lookup } from '../../src/functions/lookup';
import { handler as mint } from '../../src/functions/mint';
import { handler as provision } from '../../src/functions/provision';
import { call } from '../support/call';
import { useSandbox } from '../support/twilio';

const twilio = useSandbox();

const NEW_USER = { username: 'new', email: 'new@example.com', full_name: 'New', roles: ['agent'] };
const DAMAGED: [string, string][] = [
  ['NUL', 'Zo\u0000'],
  ['a line feed', 'Zo\n'],
  ['a tab', 'Zo\t'],
  ['the last C0 control', 'Zo\u001f'],
  ['DEL', 'Zo\u007f'],
  ['the first C1 control', 'Zo\u0080'],
  ['a C1 control of Windows-1252 text', 'Zo\u0092'],
  ['the last C1 control', 'Zo\u009f'],
  ['U+FFFD', 'Zo\ufffd'],
  ['half of a surrogate pair', 'Zo\ud835'],
];
const ADVICE = expect.stringMatching(/control characters or U\+FFFD.*Send the text as UTF-8\.$/);

describe.each(DAMAGED)('text with %s', (_, text) => {
  it.each(['username', 'email', 'full_name'])(
    'is refused as %s of a new user, with the advice to send UTF-8',
    async (field) => {
      const { backendKey: bearer } = twilio.sandbox;
      const response = await call(provision, twilio.settings, { bearer, fields: { ...NEW_USER, [field]: text } });
      expect(response).toMatchObject({ status: 400, body: { details: [{ field, message: ADVICE }] } });
      expect(twilio.sandbox.requests).toEqual([]);
    },
  );

  it('is refused as the name of the user to look up, to mint for and to deprovision', async () => {
    const { backendKey: bearer } = twilio.sandbox;
    for (const handler of [lookup, mint, deprovision]) {
      for (const field of ['username', 'Username']) {
        const response = await call(handler, twilio.settings, { bearer, fields: { [field]: text } });
        expect(response).toMatchObject({ status: 400, body: { details: [{ field, message: ADVICE }] } });
      }
    }
    expect(twilio.sandbox.requests).toEqual([]);
  });

  it('is passed on in worker attributes', async () => {
    const { backendKey: bearer } = twilio.sandbox;
    const worker = { attributes: { note: text, [text]: 1 } };
    const response = await call(provision, twilio.settings, { bearer, fields: { ...NEW_USER, worker } });
    expect(response.status).toBe(201);
  });
});

it.each(['\u00a0', '\u00a1', '\u0020', '\u007e', '\ufeff', '\u202e', '\ufffc', '\ufffe', 'Zoë', '日本', '👩‍👩‍👧'])(
  'text with %j is accepted',
  async (text) => {
    const { backendKey: bearer } = twilio.sandbox;
    const fields = { ...NEW_USER, username: text, full_name: text };
    expect(await call(provision, twilio.settings, { bearer, fields })).toMatchObject({ status: 201 });
  },
);

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkCliAccount, cliAccount } from '../../scripts/doctor/cli-account';

const ONE = `AC${'1'.repeat(32)}`;
const TWO = `AC${'2'.repeat(32)}`;

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'twilio-cli-home-'));
  mkdirSync(join(home, '.twilio-cli'));
});
afterEach(() => rmSync(home, { recursive: true }));

const configure = (text: string) => writeFileSync(join(home, '.twilio-cli/config.json'), text);
const profiles = (activeProject: string | null) =>
  JSON.stringify({ activeProject, profiles: { one: { accountSid: ONE }, two: { accountSid: TWO } } });

it('the Twilio CLI uses the account of its variables if they are complete, or else that of its active profile', () => {
  configure(profiles('one'));
  expect(cliAccount({ TWILIO_ACCOUNT_SID: TWO, TWILIO_AUTH_TOKEN: 'secret' }, home)).toBe(TWO);
  expect(cliAccount({ TWILIO_ACCOUNT_SID: TWO, TWILIO_API_KEY: 'SK', TWILIO_API_SECRET: 'secret' }, home)).toBe(TWO);
  expect(cliAccount({ TWILIO_ACCOUNT_SID: TWO }, home)).toBe(ONE);
  expect(cliAccount({}, home)).toBe(ONE);
});

it.each(['', '{', '[]', '{"profiles":null}', profiles(null), profiles('three')])(
  'the account of the Twilio CLI is unknown with the configuration %j',
  (text) => {
    configure(text);
    expect(cliAccount({}, home)).toBeUndefined();
  },
);

it('the account of the Twilio CLI is unknown without its configuration', () => {
  rmSync(join(home, '.twilio-cli'), { recursive: true });
  expect(cliAccount({}, home)).toBeUndefined();
});

it('a build for another account than that of the Twilio CLI is a failure that names both', () => {
  const [finding] = checkCliAccount({ cliDeploy: { built: ONE, cli: TWO } });
  expect(finding?.state).toBe('failed');
  expect(finding?.text).toMatch(new RegExp(`^it uses account ${TWO}, but dist was built for ${ONE}\\. `));
  expect(checkCliAccount({ cliDeploy: { built: ONE, cli: ONE } })).toMatchObject([{ state: 'ok' }]);
});

it.each([
  { built: undefined, cli: ONE },
  { built: ONE, cli: undefined },
  { built: '', cli: ONE },
])('the check of the Twilio CLI finds nothing with %j', (cliDeploy) => {
  expect(checkCliAccount({ cliDeploy })).toEqual([]);
});

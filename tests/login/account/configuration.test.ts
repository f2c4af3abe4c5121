import { createConfiguration } from '../../../src/login/account/configuration';
import { parsePageSettings } from '../../../src/login/account/page-settings';
import { manualTime } from '../support/memory';
import { ACCOUNT_SID, defaultConfig } from '../support/service';

const CONNECTIONS = [
  { active: false, clientId: 'c0', ssoProfileSid: 'JB0' },
  { active: true, clientId: 'c1', ssoProfileSid: 'JB1' },
  { active: true, clientId: 'c2', ssoProfileSid: 'JB2' },
];

function sources() {
  const time = manualTime();
  return {
    baked: undefined,
    timers: time,
    time,
    apply: jest.fn(),
    fetchConfig: jest.fn(async (): Promise<unknown> => defaultConfig()),
    getAuthenticationConfig: jest.fn(
      async (_: { accountSid: string }): Promise<unknown> => ({ configList: CONNECTIONS }),
    ),
  };
}

it('finds the first active connection of the account, and sets the region for the SDK first', async () => {
  const made = sources();
  made.getAuthenticationConfig.mockImplementation(async () => {
    expect(made.apply).toHaveBeenCalled();
    return { configList: CONNECTIONS };
  });
  expect(await createConfiguration(made).connection()).toEqual({ clientId: 'c1', ssoProfileSid: 'JB1' });
  expect(made.getAuthenticationConfig).toHaveBeenCalledWith({ accountSid: ACCOUNT_SID });
});

it('does not request settings that are baked in', async () => {
  const made = sources();
  await createConfiguration({ ...made, baked: parsePageSettings(defaultConfig()) }).connection();
  expect(made.fetchConfig).not.toHaveBeenCalled();
});

it('requests the settings once, and the connection for each sign-in', async () => {
  const made = sources();
  const configuration = createConfiguration(made);
  await Promise.all([configuration.settings(), configuration.allowedOrigins()]);
  await configuration.connection();
  made.getAuthenticationConfig.mockResolvedValue({ configList: [CONNECTIONS[2]] });
  expect(await configuration.connection()).toEqual({ clientId: 'c2', ssoProfileSid: 'JB2' });
  expect(made.fetchConfig).toHaveBeenCalledTimes(1);
});

it('fails as "no-configuration" if no connection is active', async () => {
  const made = sources();
  made.getAuthenticationConfig.mockResolvedValue({ configList: [CONNECTIONS[0]] });
  await expect(createConfiguration(made).connection()).rejects.toMatchObject({ kind: 'no-configuration' });
});

it('fails as "account" if Twilio refuses to return the connections', async () => {
  const made = sources();
  made.getAuthenticationConfig.mockRejectedValue(Object.assign(new Error('no'), { code: 45004 }));
  await expect(createConfiguration(made).connection()).rejects.toMatchObject({ kind: 'account' });
});

it('requests the settings again after a failure', async () => {
  const made = sources();
  made.fetchConfig.mockRejectedValueOnce(new TypeError('Failed to fetch'));
  const configuration = createConfiguration(made);
  await expect(configuration.connection()).rejects.toMatchObject({ kind: 'settings' });
  await expect(configuration.connection()).resolves.toMatchObject({ clientId: 'c1' });
});

it.each([{}, null, []])('requests the settings again after the invalid body %j', async (body) => {
  const made = sources();
  made.fetchConfig.mockResolvedValueOnce(body);
  const configuration = createConfiguration(made);
  await expect(configuration.connection()).rejects.toMatchObject({ kind: 'settings' });
  await expect(configuration.allowedOrigins()).resolves.toEqual(defaultConfig().allowed_origins);
  await expect(configuration.connection()).resolves.toMatchObject({ clientId: 'c1' });
});

describe('the page settings', () => {
  it.each([{}, { account_sid: 'AC1' }, { account_sid: `${ACCOUNT_SID}/..` }, null, []])(
    'are not parsed from %j',
    (raw) => {
      expect(() => parsePageSettings(raw)).toThrow('settings');
    },
  );

  it('leave out a region that cannot be part of a host name', () => {
    const { region, edge } = parsePageSettings({ ...defaultConfig(), region: 'x.evil.example/', edge: 'dublin' });
    expect({ region, edge }).toEqual({ region: undefined, edge: 'dublin' });
  });

  it('accept a region in capitals', () => {
    const { region, edge } = parsePageSettings({ ...defaultConfig(), region: 'IE1', edge: 'Dublin' });
    expect({ region, edge }).toEqual({ region: 'ie1', edge: 'dublin' });
  });
});

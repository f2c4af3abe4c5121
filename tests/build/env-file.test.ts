import { deployedEnvText } from '../../build/env-file';
import { parseEnvText } from '../../local/env-text';

const read = (text: string) => parseEnvText(Buffer.from(text));

/** `count` settings whose names and values take `bytes` in all, as JSON. */
function settingsOf(bytes: number, count = 7): Record<string, string> {
  const names = Array.from({ length: count }, (_, index) => `SETTING_${index}`);
  const overhead = JSON.stringify(Object.fromEntries(names.map((name) => [name, '']))).length;
  const size = Math.floor((bytes - overhead) / count);
  const values = names.map((name) => [name, 'a'.repeat(size)] as const);
  return { ...Object.fromEntries(values), [names[0] ?? '']: 'a'.repeat(bytes - overhead - size * (count - 1)) };
}

it('holds every setting, the credentials and empty ones included', () => {
  const variables = { ACCOUNT_SID: 'AC1', AUTH_TOKEN: 'a # b', LOG_LEVEL: '', BACKEND_KEYS: 'a:mint:0' };
  expect(read(deployedEnvText(variables))).toEqual(variables);
});

describe('the platform takes 450 bytes a value', () => {
  it('and so does the build', () => {
    const variables = { ALLOWED_ORIGINS: 'a'.repeat(450), BACKEND_KEYS: 'é'.repeat(225) };
    expect(read(deployedEnvText(variables))).toEqual(variables);
  });

  it.each([
    ['451 bytes', 'a'.repeat(451), 451],
    ['226 letters of two bytes each', 'é'.repeat(226), 452],
    ['three lines', `${'a'.repeat(150)}\n${'b'.repeat(150)}\n${'c'.repeat(150)}`, 452],
  ])('and not %s: the build names the setting, and not its value', (_, value, bytes) => {
    const build = () => deployedEnvText({ LOG_LEVEL: 'warn', BACKEND_KEYS: value });
    expect(build).toThrow(
      new Error(`.env: BACKEND_KEYS has ${bytes} bytes, but Twilio accepts at most 450. Shorten it.`),
    );
  });

  it('which does not hold for what is not deployed', () => {
    const variables = { AUTH_TOKEN: 'a'.repeat(451) };
    expect(read(deployedEnvText(variables))).toEqual(variables);
  });
});

describe('the platform takes 3,000 bytes of settings', () => {
  it('and so does the build, besides the credentials and what is empty', () => {
    const variables = { ...settingsOf(3000), ACCOUNT_SID: 'a'.repeat(400), AUTH_TOKEN: 'b'.repeat(400), EMPTY: '' };
    expect(read(deployedEnvText(variables))).toEqual(variables);
  });

  it('and no more: the build gives the size and the error code, and names the largest settings', () => {
    const build = () => deployedEnvText(settingsOf(3001));
    expect(build).toThrow(
      /^\.env: the settings to deploy take 3001 bytes, but at most 3000 fit \(Twilio error 82006\)\./,
    );
    expect(build).toThrow(/the largest are SETTING_0 \(\d+\), SETTING_\d \(\d+\), SETTING_\d \(\d+\)\.$/);
  });

  it('counted as JSON, in which quotes and line breaks take two bytes', () => {
    const { SETTING_0 = '', ...others } = settingsOf(3000);
    expect(() => deployedEnvText({ ...others, SETTING_0: `"${SETTING_0.slice(1)}` })).toThrow('take 3001 bytes');
  });
});

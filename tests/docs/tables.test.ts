import { readFileSync } from 'node:fs';
import { OLDEST_BROWSERS } from '../../build/login-bundle';
import { parseEnvText } from '../../local/env-text';
import { fillBlocks } from '../../scripts/docs/blocks';
import { PAGES as PATHS } from '../../scripts/docs/pages';
import { DeprovisionSchema, LookupSchema, MintSchema, ProvisionSchema, provisionRequest } from '../../src/api/requests';
import { STATUS_OF_CODE } from '../../src/contract/error-codes';
import { METHODS } from '../../src/contract/functions';
import { RENEWED_EVENT, SIGNED_IN_EVENT } from '../../src/contract/messages';
import { SESSION_STORAGE_KEYS } from '../../src/contract/storage-keys';
import { ApiError } from '../../src/errors';
import { parseSession } from '../../src/login/session/session';
import { readSettings, SETTING_NAMES } from '../../src/settings/settings';
import { blocksOf, namesIn, PAGES, read, tableBelow } from './support/pages';

it.each(PATHS)('the generated blocks of %s are current (npm run docs updates them)', (path) => {
  const page = readFileSync(path, 'utf8');
  expect(page).toBe(fillBlocks(page));
});

it('the documentation names the oldest browsers that the page is built for', () => {
  const [, section = ''] = read('docs/login-page.md').split('\n## Browsers\n');
  const [browsers = ''] = section.trim().split('\n');
  const named = [...browsers.matchAll(/([A-Z]\w+)(?: and (iOS))? (\d+(?:\.\d+)?)/g)].flatMap(
    ([, name = '', other, version]) =>
      [name, ...(other === undefined ? [] : [other])].map((browser) => `${browser.toLowerCase()}${version}`),
  );
  expect(named).toEqual(OLDEST_BROWSERS);
});

it('the table of what scripts on the sign-in page may use names the events, the stored session and its fields', () => {
  const [, events, stored] = tableBelow('docs/login-page.md', '## Scripts on the page');
  expect(namesIn(events?.[0])).toEqual([SIGNED_IN_EVENT, RENEWED_EVENT]);
  expect(namesIn(stored?.[0])).toEqual([`sessionStorage["${SESSION_STORAGE_KEYS.session}"]`]);
  const session = {
    accessToken: 'a',
    refreshToken: 'r',
    expiresAt: '2030-01-01T12:00:00Z',
    identity: 'i',
    username: 'u',
    roles: ['agent'],
    accountSid: 'AC1',
    ssoProfileSid: 'JB1',
    unknown: 'x',
  };
  expect(namesIn(stored?.[1]).sort()).toEqual(Object.keys(parseSession(session) ?? {}).sort());
});

it('the table of errors lists every code with its status', () => {
  const rows = tableBelow('docs/api.md', '## Errors').map(([status, code]) => [namesIn(code)[0], Number(status)]);
  expect(rows).toEqual(Object.entries(STATUS_OF_CODE));
});

describe('the API documentation', () => {
  const schemas = {
    provision: ProvisionSchema,
    lookup: LookupSchema,
    mint: MintSchema,
    deprovision: DeprovisionSchema,
  };

  it.each(Object.entries(METHODS))('names the methods of %s', (name, methods) => {
    const [, section = ''] = read('docs/api.md').split(`\n## ${name}\n`);
    const [introduction = ''] = section.split('\n## ');
    const named = [...introduction.matchAll(/`(GET|POST) \/(\w+)`/g)].filter(([, , path]) => path === name);
    expect([...new Set(named.map(([, method]) => method))]).toEqual(methods);
  });

  it.each(Object.entries(schemas))('lists the fields of %s', (name, schema) => {
    const named = tableBelow('docs/api.md', `## ${name}`).flatMap(([names]) => namesIn(names));
    // Twilio's own spelling of username is mentioned with it.
    const fields = Object.keys(schema.entries).filter((field) => field !== 'Username');
    expect(named).toEqual(fields);
  });

  it('shows an error as the service returns it', () => {
    const [example] = blocksOf('docs/api.md', 'json');
    const user = { username: 'user1', email: 'test@example.com', full_name: 'Foo Bar', roles: ['boss'] };
    expect(errorOf(() => provisionRequest.parse(user)).toBody()).toEqual(JSON.parse(example?.text ?? ''));
  });
});

function errorOf(parse: () => unknown): ApiError {
  try {
    parse();
  } catch (error) {
    if (error instanceof ApiError) return error;
  }
  throw new Error('There was no error.');
}

describe('settings', () => {
  const rows = tableBelow('docs/settings.md', '# Settings');
  const provider = { OIDC_ISSUER: 'https://login.example.com', OIDC_AUDIENCE: 'flex' };
  const credentials = { ACCOUNT_SID: `AC${'0'.repeat(32)}`, AUTH_TOKEN: 'secret', ...provider };

  it('are all in the table of the documentation, and no others', () => {
    expect(rows.flatMap(([names]) => namesIn(names)).sort()).toEqual([...SETTING_NAMES].sort());
  });

  it('are all in .env.example, and no others', () => {
    const names = [...read('.env.example').matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name);
    expect(names.sort()).toEqual([...SETTING_NAMES].sort());
  });

  const examples = PAGES.flatMap((page) => blocksOf(page, 'ini'));

  it.each(examples)('$page: these settings are accepted: $text', ({ text }) => {
    expect(() => readSettings({ ...credentials, ...parseEnvText(Buffer.from(text)) })).not.toThrow();
  });

  const defaults = rows.flatMap(([names, , value]) => namesIn(value).map((text) => [namesIn(names)[0] ?? '', text]));

  it.each(defaults)('%s has the documented default %s', (name = '', value = '') => {
    expect(readSettings({ ...credentials, [name]: value })).toEqual(readSettings(credentials));
  });

  it.each(defaults)('%s has the default %s in .env.example, too', (name = '', value = '') => {
    const [comment = ''] = read('.env.example').split(`\n${name}=`);
    expect(comment.slice(comment.lastIndexOf('\n\n'))).toContain(`Default: ${value}.`);
  });
});

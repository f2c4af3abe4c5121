import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { graphqlClient } from '../../build/trim-sdk';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'layout-')));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(file: string, content = ''): string {
  const path = join(root, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

function writeGraphqlWs(folder: string): string {
  write(`${folder}/package.json`, '{"main": "lib/index.js"}');
  write(`${folder}/lib/index.js`);
  return write(`${folder}/lib/client.mjs`);
}

it('is found if a workspace hoists all packages to its root', () => {
  const client = writeGraphqlWs('node_modules/graphql-ws');
  expect(graphqlClient(write('node_modules/twilio-taskrouter/dist/index.js'))).toBe(client);
});

it('is found if it lies inside the package that imports it', () => {
  const client = writeGraphqlWs('node_modules/twilio-taskrouter/node_modules/graphql-ws');
  writeGraphqlWs('node_modules/graphql-ws');
  expect(graphqlClient(write('node_modules/twilio-taskrouter/dist/index.js'))).toBe(client);
});

it('is found in the layout of pnpm, which links each package to its dependencies', () => {
  const client = writeGraphqlWs('node_modules/.pnpm/graphql-ws@5/node_modules/graphql-ws');
  const importer = write('node_modules/.pnpm/twilio-taskrouter@2/node_modules/twilio-taskrouter/dist/index.js');
  const link = join(root, 'node_modules/.pnpm/twilio-taskrouter@2/node_modules/graphql-ws');
  symlinkSync(join(root, 'node_modules/.pnpm/graphql-ws@5/node_modules/graphql-ws'), link);
  expect(graphqlClient(importer)).toBe(client);
});

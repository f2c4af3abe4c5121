import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import type { Plugin, StdinOptions } from 'esbuild';

const SOURCE = resolve(__dirname, '../src/login/sdk');
const OWN = join(SOURCE, 'lazy-task-router.ts');
const CLASSES = join(SOURCE, 'task-router-classes.ts');
/** Where the SDK keeps `TaskRouterImpl.js`, the only file of the client that imports `twilio-taskrouter`. */
const FOLDER = join(dirname(createRequire(__filename).resolve('@twilio/flex-sdk')), 'esm/src/packages/taskrouter');
const ORIGINAL = join(FOLDER, 'TaskRouterImpl.js');

/**
 * Keeps TaskRouter out of the bundle of the client. It becomes a script that the client loads when it needs it.
 *
 * @throws {Error} at the end of the build if the SDK no longer has the files that this replaces
 */
export const lazyTaskRouter: Plugin = {
  name: 'lazy-task-router',
  setup({ initialOptions, onEnd, onResolve }) {
    initialOptions.metafile = true;
    onResolve({ filter: /^sdk:TaskRouterImpl$/ }, () => ({ path: ORIGINAL, sideEffects: false }));
    onResolve({ filter: /[\\/]TaskRouterImpl\.js$/ }, () => ({ path: OWN, sideEffects: false }));
    onResolve({ filter: /^(twilio-taskrouter|\.[\\/]Supervisor\.js)$/ }, ({ importer }) =>
      importer === ORIGINAL ? { path: CLASSES, sideEffects: false } : undefined,
    );
    onEnd(({ metafile }) => {
      const files = Object.values(metafile?.outputs ?? {}).flatMap(({ inputs }) => Object.entries(inputs));
      const bundled = files.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => file);
      if (!bundled.some((file) => file.endsWith('task-router-classes.ts'))) throw new Error(`${ORIGINAL} was not used`);
      if (bundled.some((file) => file.includes('twilio-taskrouter'))) {
        throw new Error('twilio-taskrouter is in the bundle of the client: the SDK imports it elsewhere too');
      }
    });
  },
};

/** What that script exports. */
export const taskRouterEntry: StdinOptions = {
  contents: `export { Workspace } from 'twilio-taskrouter'; export { Supervisor } from './Supervisor.js'`,
  resolveDir: FOLDER,
  sourcefile: join(FOLDER, 'task-router-part.js'),
};

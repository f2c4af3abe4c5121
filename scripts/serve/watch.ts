import { statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { watch as watchFiles } from 'chokidar';
import { buildProject } from '../../build/build';
import { ENV_FILE, hasCredentials, readEnvFile } from '../../build/env-file';
import type { Variables } from '../../local/twilio-run';
import type { LocalServer } from './local-server';
import { startReloader } from './reloader';
import { replaceFiles } from './replace-files';
import type { ServedRun } from './run';
import type { Extension } from './serve';
import { startTypeCheck } from './type-check';

const ROOT = resolve(__dirname, '../..');
/** An editor may save several files at once. */
const QUIET_MS = 50;
const LAST_BUILD = 'Still serving the last good build.';

/** Rebuilds when a file of `src`, `assets` or `.env` is saved, and reloads Functions and page. */
export const watchProject: Extension = async (prepared) => {
  const reloader = await startReloader();
  const run: ServedRun = {
    ...prepared,
    // Not `dist`: a deploy must not find a page that reloads.
    builtFolder: join(prepared.folder, 'build'),
    nodeArguments: [...prepared.nodeArguments, '--require', join(ROOT, 'local/reload-functions.cjs')],
    buildOptions: (variables) => ({ ...prepared.buildOptions(variables), reloadOrigin: reloader.origin }),
  };
  const types = startTypeCheck();
  return {
    run,
    whenServed: (server) => {
      const update = updater(run, server, { checkTypes: types.check, reloadPages: reloader.reload });
      let changed = new Set<string>();
      let isUpdating = false;
      const versions = new Map<string, number | undefined>();
      // One save can be reported several times.
      const isNew = (file: string) => {
        const version = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
        const isKnown = versions.has(file) && versions.get(file) === version;
        versions.set(file, version);
        return !isKnown;
      };
      const updateUntilQuiet = async () => {
        isUpdating = true;
        while (changed.size > 0) {
          await delay(QUIET_MS);
          const files = new Set([...changed].filter(isNew));
          changed = new Set();
          if (files.size > 0) await update(files);
        }
        isUpdating = false;
      };
      const note = (file: string) => {
        changed.add(file);
        if (!isUpdating) void updateUntilQuiet();
      };
      watchFiles(['src', 'assets', ENV_FILE], { cwd: ROOT, ignoreInitial: true })
        .on('all', (_, file) => note(resolve(ROOT, file)))
        .on('ready', () => console.log('Watching src, assets and .env.'));
      void types.check().then((problems) => problems && console.error(`\n${problems}`));
    },
  };
};

interface Effects {
  readonly checkTypes: () => Promise<string>;
  readonly reloadPages: () => void;
}

/** Never rejects: a problem is printed, and what is served stays as it was. */
function updater(run: ServedRun, server: LocalServer, { checkTypes, reloadPages }: Effects) {
  const next = join(run.folder, 'next');
  let variables = readEnvFile();

  const build = async (): Promise<Variables> => {
    const settings = readEnvFile();
    if (hasCredentials(settings) === run.isSandbox) {
      throw new Error('.env now selects another account. Restart npm run dev.');
    }
    await buildProject({ folder: next, ...run.buildOptions(settings) });
    return settings;
  };

  return async (files: ReadonlySet<string>): Promise<void> => {
    const startMs = performance.now();
    const names = [...files].map((file) => relative(ROOT, file)).join(', ');
    try {
      const [problems, settings] = await Promise.all([checkTypes(), build()]);
      if (problems) throw new Error(problems);
      const areSettingsNew = JSON.stringify(settings) !== JSON.stringify(variables);
      if (areSettingsNew) run.update(settings);
      variables = settings;
      const { changed, isFileSetNew } = replaceFiles(next, resolve(ROOT, run.builtFolder));
      if (areSettingsNew || isFileSetNew) await server.restart();
      else if (changed.some((file) => file.startsWith('functions'))) await server.reloadFunctions();
      if (changed.some((file) => file.startsWith('assets'))) reloadPages();
      console.log(`Updated in ${((performance.now() - startMs) / 1000).toFixed(1)} s: ${names}`);
    } catch (error) {
      // esbuild prints its own errors.
      const isPrinted = error instanceof Error && 'errors' in error;
      const text = error instanceof Error && !isPrinted ? `${error.message}\n` : '';
      console.error(`\n${text}${LAST_BUILD} Changed: ${names}`);
    }
  };
}

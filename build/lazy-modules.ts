import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';

const ROOT = resolve(__dirname, '..');
const SOURCES = join(ROOT, 'src', sep);
const NAMESPACE = 'lazy-module';
const SHARED = 'shared';

/**
 * Stores what a Function loads with `import()` in its bundle as a string, which is compiled on first use. As code, Node would parse it
 * on every cold start.
 *
 * The string holds the module, its folder (unless the importer is in it) and the packages that they import. Every other module is the
 * Function's own copy, so `instanceof` and module state are shared.
 */
export const lazyModules: Plugin = {
  name: 'lazy-modules',
  setup({ initialOptions, onResolve, onLoad, onEnd }) {
    const inputs: Metafile['inputs'] = {};
    onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
      if (kind !== 'dynamic-import' || !isOwn(resolveDir)) return undefined;
      const entry = sourceOf(resolveDir, path);
      const own = dirname(entry) === resolveDir ? entry : dirname(entry);
      return { path: entry, namespace: NAMESPACE, pluginData: own };
    });
    onLoad({ filter: /.*/, namespace: NAMESPACE }, async ({ path, pluginData: own }) => {
      const { script, shared, metafile } = await bundleApart(path, own, initialOptions);
      Object.assign(inputs, metafile.inputs);
      return { contents: loaderOf(path, script, shared), resolveDir: ROOT };
    });
    // A change in one of these files is a change of the Function.
    onEnd(({ metafile }) => void Object.assign(metafile?.inputs ?? {}, inputs));
  },
};

/** @param own the file or the folder whose modules belong to the script; those outside it are shared */
async function bundleApart(entry: string, own: string, options: BuildOptions) {
  const shared = new Set<string>();
  const leaveShared: Plugin = {
    name: 'leave-shared',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
        const file = sourceOf(resolveDir, path);
        if (!isOwn(resolveDir) || file === own || file.startsWith(own + sep)) return undefined;
        shared.add(file);
        return { path: file, namespace: SHARED };
      });
      onLoad({ filter: /.*/, namespace: SHARED }, ({ path }) => ({
        contents: `module.exports = shared(${JSON.stringify(idOf(path))})`,
      }));
    },
  };
  const { outputFiles, metafile } = await build({
    ...options,
    entryPoints: [entry],
    write: false,
    metafile: true,
    plugins: [leaveShared],
  });
  return { script: outputFiles.map(({ text }) => text).join(''), shared: [...shared].sort(), metafile };
}

/** The module that compiles the script. Stack traces name the module that is loaded. */
function loaderOf(path: string, script: string, shared: readonly string[]): string {
  const modules = shared.map((file) => `${JSON.stringify(idOf(file))}: () => require(${JSON.stringify(file)})`);
  return `
    const { compileFunction } = require('node:vm');
    const shared = { ${modules.join(', ')} };
    const options = { filename: ${JSON.stringify(basename(path, '.ts'))} };
    const run = compileFunction(${JSON.stringify(script)}, ['module', 'require', 'shared'], options);
    run(module, require, (id) => shared[id]());
  `;
}

const isOwn = (folder: string): boolean => folder.startsWith(SOURCES);

/** How the script names a shared module: by its path in `src`, which says nothing of the machine. */
const idOf = (file: string): string => relative(SOURCES, file).replaceAll(sep, '/');

const sourceOf = (folder: string, path: string): string => `${join(folder, path)}.ts`;

import { build } from 'esbuild';
import { scriptsIn } from '../../support/strings';

/** The modules that a file requires or imports, at once or in what it compiles later, as written there, by a real parser. */
export async function requiresOf(text: string): Promise<readonly string[]> {
  const required = await Promise.all([text, ...scriptsIn(text)].map(requiresAtOnce));
  return required.flat();
}

async function requiresAtOnce(text: string): Promise<readonly string[]> {
  const required = new Set<string>();
  await build({
    stdin: { contents: text, loader: 'js' },
    bundle: true,
    write: false,
    platform: 'node',
    logLevel: 'silent',
    plugins: [
      {
        name: 'note',
        setup: ({ onResolve }) => {
          onResolve({ filter: /.*/ }, ({ kind, path }) => {
            if (kind === 'entry-point') return undefined;
            required.add(path);
            return { path, external: true };
          });
        },
      },
    ],
  });
  return [...required];
}

/** The files of a project that its Functions, its page and its client are made of, packages aside; paths from its folder. */
export async function sourcesOf(folder: string): Promise<readonly string[]> {
  const { metafile } = await build({
    absWorkingDir: folder,
    entryPoints: ['src/functions/*', 'src/login/*.ts', 'src/client/*.ts'],
    outdir: 'unwritten',
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    packages: 'external',
    logLevel: 'silent',
  });
  return Object.keys(metafile.inputs);
}

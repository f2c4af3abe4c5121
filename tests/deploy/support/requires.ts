import { build } from 'esbuild';

/** The modules that a file requires or imports, as written there, by a real parser. */
export async function requiresOf(text: string): Promise<readonly string[]> {
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

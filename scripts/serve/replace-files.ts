import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Replacement {
  /** The files that are different now, relative to the folder. */
  readonly changed: readonly string[];
  /** Whether files have come or gone. */
  readonly isFileSetNew: boolean;
}

/** Makes one folder hold what another one holds, each file at once: a request never reads half a file. The other folder is removed. */
export function replaceFiles(from: string, to: string): Replacement {
  const wanted = filesIn(from);
  const gone = filesIn(to).filter((file) => !wanted.includes(file));
  const added = wanted.filter((file) => !existsSync(join(to, file)));
  const changed = wanted.filter(
    (file) => !added.includes(file) && !readFileSync(join(from, file)).equals(readFileSync(join(to, file))),
  );
  for (const file of [...added, ...changed]) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    renameSync(join(from, file), join(to, file));
  }
  for (const file of gone) rmSync(join(to, file));
  rmSync(from, { recursive: true });
  return { changed: [...added, ...changed, ...gone], isFileSetNew: added.length + gone.length > 0 };
}

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => statSync(join(folder, file)).isFile());

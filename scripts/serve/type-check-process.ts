import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { functionFiles } from '../../build/build';

const ROOT = resolve(__dirname, '../..');

/** A `tsconfig.json`, and the files that are served from it. Default: all of its files. */
interface Project {
  readonly config: string;
  readonly files?: () => readonly string[];
}

const PROJECTS: readonly Project[] = [
  { config: 'tsconfig.json', files: functionFiles },
  { config: 'src/login/tsconfig.json' },
  { config: 'src/client/tsconfig.json' },
];

const FORMAT: ts.FormatDiagnosticsHost = {
  getCanonicalFileName: (file) => file,
  getCurrentDirectory: () => ROOT,
  getNewLine: () => '\n',
};

/** Returns a check that does again only what has changed since the last time. */
function checkerFor({ config, files }: Project): () => readonly ts.Diagnostic[] {
  let program: ts.SemanticDiagnosticsBuilderProgram | undefined;
  const parsed = new Map<string, { readonly modifiedMs: number; readonly file: ts.SourceFile | undefined }>();
  return () => {
    const read = ts.getParsedCommandLineOfConfigFile(
      join(ROOT, config),
      { noEmit: true },
      { ...ts.sys, onUnRecoverableConfigFileDiagnostic: fail },
    );
    if (read === undefined) return [];
    const host = ts.createIncrementalCompilerHost(read.options);
    const parse = host.getSourceFile;
    host.getSourceFile = (name, ...options) => {
      const modifiedMs = statSync(name, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      const known = parsed.get(name);
      if (known?.modifiedMs === modifiedMs) return known.file;
      const file = parse(name, ...options);
      parsed.set(name, { modifiedMs, file });
      return file;
    };
    program = ts.createSemanticDiagnosticsBuilderProgram(files?.() ?? read.fileNames, read.options, host, program);
    return [
      ...program.getConfigFileParsingDiagnostics(),
      ...program.getSyntacticDiagnostics(),
      ...program.getSemanticDiagnostics(),
    ];
  };
}

function fail(diagnostic: ts.Diagnostic): never {
  throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
}

const checkers = PROJECTS.map(checkerFor);

process.on('message', () =>
  process.send?.(
    ts.formatDiagnostics(
      checkers.flatMap((check) => check()),
      FORMAT,
    ),
  ),
);
process.once('disconnect', () => process.exit());

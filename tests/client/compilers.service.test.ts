import { join, resolve } from 'node:path';
import type * as TypeScript from 'typescript';

const ROOT = resolve(__dirname, '../..');
const SOURCE = join(ROOT, 'src/client/flex-auth.ts');
const DECLARATIONS = join(ROOT, 'dist/assets/flex-auth.d.ts');

type Compiler = typeof TypeScript;
const COMPILERS = ['typescript-4.9', 'typescript-5.0', 'typescript-5.4', 'typescript'];

/** Compiler options as JSON, as they stand in a `tsconfig.json`. */
type Options = Readonly<Record<string, boolean | string | readonly string[]>>;

const PROJECTS: Readonly<Record<string, Options>> = {
  'a Flex plugin (create-flex-plugin 7, template ts2)': {
    target: 'es5',
    lib: ['dom', 'dom.iterable', 'esnext'],
    allowJs: true,
    esModuleInterop: true,
    allowSyntheticDefaultImports: true,
    strict: true,
    forceConsistentCasingInFileNames: true,
    module: 'esnext',
    moduleResolution: 'node',
    resolveJsonModule: true,
    isolatedModules: true,
    jsx: 'preserve',
  },
  'an Angular app (ng new, strict)': {
    strict: true,
    noImplicitOverride: true,
    noPropertyAccessFromIndexSignature: true,
    noImplicitReturns: true,
    noFallthroughCasesInSwitch: true,
    isolatedModules: true,
    experimentalDecorators: true,
    useDefineForClassFields: false,
    importHelpers: false,
    target: 'ES2022',
    module: 'ES2022',
    moduleResolution: 'node',
    lib: ['ES2022', 'dom'],
  },
  'a Vite app': {
    target: 'ES2020',
    useDefineForClassFields: true,
    module: 'ESNext',
    lib: ['ES2020', 'DOM', 'DOM.Iterable'],
    moduleResolution: 'node',
    isolatedModules: true,
    strict: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    noFallthroughCasesInSwitch: true,
  },
  'a library from 2018': {
    strict: true,
    target: 'ES2017',
    module: 'ESNext',
    moduleResolution: 'node',
    lib: ['dom', 'es2018'],
  },
  'the strictest project': {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noImplicitOverride: true,
    noImplicitReturns: true,
    noPropertyAccessFromIndexSignature: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    allowUnreachableCode: false,
    target: 'ES2020',
    module: 'ESNext',
    moduleResolution: 'node',
    lib: ['dom', 'es2020'],
  },
};

/** Parses each file once for each language version: most of the time would go into the browser's types. */
function hostOf(compiler: Compiler): (options: TypeScript.CompilerOptions) => TypeScript.CompilerHost {
  const parsed = new Map<string, TypeScript.SourceFile | undefined>();
  return (options) => {
    const host = compiler.createCompilerHost(options);
    const { getSourceFile } = host;
    host.getSourceFile = (name, version, ...others) => {
      const key = `${JSON.stringify(version)} ${name}`;
      if (!parsed.has(key)) parsed.set(key, getSourceFile.call(host, name, version, ...others));
      return parsed.get(key);
    };
    return host;
  };
}

describe.each(COMPILERS)('compiled by %s,', (name) => {
  const compiler: Compiler = require(name);
  const createHost = hostOf(compiler);

  /** The errors in the two files, in a project that has the types of a browser and no others. */
  function errorsIn(project: Options): string[] {
    // TypeScript 6 has deprecated `es5` and `node`. Both stay in these projects until their templates change.
    const deprecated = compiler.versionMajorMinor >= '6' ? { ignoreDeprecations: '6.0' } : {};
    const json = { skipLibCheck: true, noEmit: true, types: [], ...project, ...deprecated };
    const { options, errors } = compiler.convertCompilerOptionsFromJson(json, ROOT);
    const program = compiler.createProgram([SOURCE, DECLARATIONS], options, createHost(options));
    return [...errors, ...compiler.getPreEmitDiagnostics(program)].map(
      ({ code, file, messageText }) =>
        `${file?.fileName ?? 'options'}: TS${code} ${compiler.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
  }

  it('the compiler has the version that its name promises', () => {
    const [, promised = compiler.versionMajorMinor] = name.split('-');
    expect(compiler.versionMajorMinor).toBe(promised);
  });

  it.each(Object.entries(PROJECTS))('flex-auth.ts and flex-auth.d.ts have no errors in %s', (_, options) => {
    expect(errorsIn(options)).toEqual([]);
  });
});

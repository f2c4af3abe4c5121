import { readFile } from 'node:fs/promises';
import { type Plugin, transform } from 'esbuild';

/** The codes of what a client does with tasks, calls, conversations and workers (`@twilio/flex-sdk` 3.0.0). */
const isOfClient = (code: number) => code >= 48100 && code < 48918;

/** What the SDK exports of its errors: an enum, which is a map both ways, the codes that are logged, and the texts. */
interface SdkErrors {
  readonly ErrorCode: Readonly<Record<string, string | number>>;
  readonly debuggerErrorCodes: readonly number[];
  readonly publicErrorDetails: Readonly<Record<string, string>>;
}

/**
 * Leaves out of the SDK's table of errors, a fifth of the sign-in part, what cannot happen before there is a client.
 * Held to what the sign-in part names by `tests/build/stand-ins.service.test.ts`.
 */
export const signInErrors: Plugin = {
  name: 'sign-in-errors',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]flex-sdk[\\/].*[\\/]ErrorCodes\.js$/ }, async ({ path }) => {
      const errors = Object.entries(trimErrors(await readErrors(path)));
      return { contents: errors.map(([name, value]) => `export const ${name}=${JSON.stringify(value)};`).join('') };
    });
  },
};

/** By running the file, which imports nothing. */
export async function readErrors(path: string): Promise<SdkErrors> {
  const { code } = await transform(await readFile(path, 'utf8'), { format: 'cjs' });
  const module: { exports: Partial<SdkErrors> } = { exports: {} };
  new Function('module', code)(module);
  const { ErrorCode, debuggerErrorCodes, publicErrorDetails } = module.exports;
  if (!ErrorCode || !debuggerErrorCodes || !publicErrorDetails)
    throw new Error(`${path} does not contain the SDK's errors`);
  return { ErrorCode, debuggerErrorCodes, publicErrorDetails };
}

export function trimErrors({ ErrorCode, debuggerErrorCodes, publicErrorDetails }: SdkErrors): SdkErrors {
  const kept = <Value>(table: Readonly<Record<string, Value>>): Record<string, Value> =>
    Object.fromEntries(Object.entries(table).filter(([key, value]) => ![key, value].map(Number).some(isOfClient)));
  return {
    ErrorCode: kept(ErrorCode),
    debuggerErrorCodes: debuggerErrorCodes.filter((code) => !isOfClient(code)),
    publicErrorDetails: kept(publicErrorDetails),
  };
}

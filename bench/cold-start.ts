import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Plugin } from 'esbuild';
import { bundleFunctions } from '../build/function-bundle';
import { ACTIONS } from '../src/contract/functions';
import { builtFile } from './in-process';

import { median, middleHalf } from './statistics';
import { ms, type Section, type Table, times } from './table';

const LIMIT_MS = 15;
const ROOT = resolve(__dirname, '..');
const ALONE_ROUNDS = 20;
const PRELOADED_ROUNDS = 20;

/** The script of a fresh process. Its arguments are the modules to load. */
const SCRIPT = `
  const start = process.hrtime.bigint();
  for (const module of process.argv.slice(1)) require(module);
  const loadMs = Number(process.hrtime.bigint() - start) / 1e6;
  console.log(JSON.stringify({ loadMs, processMs: performance.now() }));
`;

interface Variant {
  readonly name: string;
  readonly modules: readonly string[];
}

interface Start {
  /** Milliseconds to load the modules. */
  readonly loadMs: number;
  /** Milliseconds from the start of the process until they were loaded. */
  readonly processMs: number;
}

interface Result extends Variant {
  readonly starts: readonly Start[];
  readonly loadMs: number;
}

const EMPTY: Variant = { name: 'empty handler', modules: [join(__dirname, 'handlers/empty.js')] };
const USUAL: Variant = { name: 'usual style', modules: [join(__dirname, 'handlers/usual-style.js')] };
const FUNCTIONS = [...ACTIONS, 'config' as const].map((name): Variant => ({ name, modules: [builtFile(name)] }));
const REDUCED = 'mint, no provider';
/** Node loads its `https` when a Flex token is validated for the first time. */
const WITH_HTTPS: Variant = { name: 'mint, with https', modules: [builtFile('mint'), 'node:https'] };

/** Compares the time that fresh processes need to load each Function, an empty handler and one in the usual style. */
export async function measureColdStart(): Promise<Section> {
  const folder = mkdtempSync(join(tmpdir(), 'flex-bench-'));
  try {
    const reduced = await bundleReducedMint(folder);
    const alone = measure([EMPTY, ...FUNCTIONS, reduced, WITH_HTTPS, USUAL], ALONE_ROUNDS, []);
    const preloaded = measure([EMPTY, ...FUNCTIONS, reduced, USUAL], PRELOADED_ROUNDS, ['--require', 'twilio']);
    return sectionOf(alone, preloaded);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `mint` without the code that only the tokens of an identity provider need. */
async function bundleReducedMint(folder: string): Promise<Variant> {
  const withoutProvider: Plugin = {
    name: 'without-provider',
    setup({ onResolve }) {
      onResolve({ filter: /\/identity-provider\/user$/ }, ({ path }) => ({ path, external: true }));
    },
  };
  await bundleFunctions([join(ROOT, 'src/functions/mint.ts')], folder, withoutProvider);
  return { name: REDUCED, modules: [join(folder, 'mint.js')] };
}

function sectionOf(alone: readonly Result[], preloaded: readonly Result[]): Section {
  const emptyMs = loadMsOf(alone, EMPTY);
  const most = Math.max(...FUNCTIONS.map((variant) => loadMsOf(alone, variant) - emptyMs));
  return {
    title: 'Cold start',
    notes: [
      'Loading the file in a fresh node process, in ms. "Load" is the time of the require, "process" the time from the start of',
      'the process until then (medians); the files were read before, so the disk does not count. Usual style: `twilio`,',
      '`axios` and `functionValidator`, as in bench/handlers/usual-style.js.',
      `First table: Node alone; ${ALONE_ROUNDS} processes of each, in turn. Node's https is loaded by the first Flex token, not on start:`,
      '"mint, with https" has both. "mint, no provider" lacks what only tokens of an identity provider need.',
      `Second table: with \`twilio\` loaded before, as the platform does for every handler; ${PRELOADED_ROUNDS} processes of each. The rest`,
      'is the cost of the file there.',
    ],
    tables: [tableOf(alone), tableOf(preloaded)],
    goals: [
      {
        text: `every Function loads within ${LIMIT_MS} ms over the empty handler`,
        measured: `${ms(most)} ms at the most`,
        isReached: most <= LIMIT_MS,
      },
    ],
  };
}

/** Runs one process of each per round, so that other load on the machine affects all of them. */
function measure(variants: readonly Variant[], rounds: number, nodeArguments: readonly string[]): Result[] {
  const starts = new Map(variants.map((variant): [Variant, Start[]] => [variant, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [variant, list] of starts) list.push(start(variant, nodeArguments));
  }
  return [...starts].map(([variant, list]) => ({
    ...variant,
    starts: list,
    loadMs: median(list.map(({ loadMs }) => loadMs)),
  }));
}

function start({ modules }: Variant, nodeArguments: readonly string[]): Start {
  const output = execFileSync(process.execPath, [...nodeArguments, '-e', SCRIPT, ...modules], {
    cwd: ROOT,
    env: environment(),
    encoding: 'utf8',
  });
  return JSON.parse(output);
}

/** Without variables that make Node load more, or use a compile cache. */
const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NODE_')));

function loadMsOf(results: readonly Result[], { name }: Variant): number {
  const result = results.find((other) => other.name === name);
  if (!result) throw new Error(`${name} was not measured`);
  return result.loadMs;
}

function tableOf(results: readonly Result[]): Table {
  const emptyMs = loadMsOf(results, EMPTY);
  const usualMs = loadMsOf(results, USUAL);
  return [
    ['loaded', 'load', 'middle half', 'over empty', 'ratio to empty', 'ratio to usual', 'process'],
    ...results.map(({ name, starts, loadMs }) => [
      name,
      ms(loadMs),
      middleHalf(starts.map((start) => start.loadMs)),
      ms(loadMs - emptyMs),
      times(loadMs / emptyMs),
      times(loadMs / usualMs),
      ms(median(starts.map(({ processMs }) => processMs))),
    ]),
  ];
}

import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { builtFile } from './in-process';
import { FUNCTION_NAMES } from './operations';
import { median, middleHalf } from './statistics';
import { ms, type Section, type Table, times } from './table';

const LIMIT_MS = 15;
const ROOT = resolve(__dirname, '..');
const ALONE_ROUNDS = 20;
const PRELOADED_ROUNDS = 8;

/** What a fresh process loads: its arguments are the modules. */
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
  /** Milliseconds that loading the modules took. */
  readonly loadMs: number;
  /** Milliseconds since the process began, until they were loaded. */
  readonly processMs: number;
}

interface Result extends Variant {
  readonly starts: readonly Start[];
  readonly loadMs: number;
}

const EMPTY: Variant = { name: 'empty handler', modules: [join(__dirname, 'handlers/empty.js')] };
const USUAL: Variant = { name: 'usual style', modules: [join(__dirname, 'handlers/usual-style.js')] };
const FUNCTIONS = FUNCTION_NAMES.map((name): Variant => ({ name, modules: [builtFile(name)] }));
/** Node loads its `https` the first time that a Flex token is to be validated. */
const WITH_HTTPS: Variant = { name: 'mint, with https', modules: [builtFile('mint'), 'node:https'] };

/** Compares how long fresh processes take to load each Function, a handler that does nothing and one in the usual style. */
export function measureColdStart(): Section {
  const alone = measure([EMPTY, ...FUNCTIONS, WITH_HTTPS, USUAL], ALONE_ROUNDS, []);
  const preloaded = measure([EMPTY, ...FUNCTIONS, USUAL], PRELOADED_ROUNDS, ['--require', 'twilio']);
  const emptyMs = loadMsOf(alone, EMPTY);
  const most = Math.max(...FUNCTIONS.map((variant) => loadMsOf(alone, variant) - emptyMs));
  return {
    title: 'Cold start',
    notes: [
      'Loading the file in a fresh node process, in ms. "Load" is the time of the require, "process" the time from the start of',
      'the process until then (medians); the files have been read before, so the disk has no part in it. Usual style: `twilio`,',
      '`axios` and `functionValidator`, as in bench/handlers/usual-style.js.',
      `First table: a bare node; ${ALONE_ROUNDS} processes of each, in turn. Node's https is loaded by the first Flex token, not on start:`,
      '"mint, with https" has both.',
      `Second table: with \`twilio\` loaded before, as the platform does for whatever handler; ${PRELOADED_ROUNDS} processes of each. What remains`,
      'is what a file costs there.',
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

/** Round by round, one process of each, so that whatever else the machine does falls on all alike. */
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

/** Without what would have Node itself load more, or take compiled code from a cache. */
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

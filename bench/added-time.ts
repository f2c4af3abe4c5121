import { SETTINGS } from './account';
import { type Invoke, loadFunctions, withoutInfoLog } from './in-process';
import { OPERATIONS, type Operation } from './operations';
import { makePlainCalls } from './plain-call';
import { startBenchProvider } from './provider';
import { median, middleHalf } from './statistics';
import { ms, type Section, times } from './table';
import { UPSTREAM_DELAY_MS } from './upstream';

const LIMIT_MS = 1;

/** With a token of an identity provider, whose signature is verified here, with known keys. */
const PROVIDER_LIMIT_MS = 3;
const PROVIDER_MAX_CALLS = 3;

/** Warm-up calls that are not counted: they open connections and let Node compile the code. */
const WARM_UP_ROUNDS = 5;
const ROUNDS = 40;

const MEASURED: readonly Operation[] = [
  OPERATIONS.mintOwn,
  OPERATIONS.mintByUsername,
  OPERATIONS.mintUnlisted,
  OPERATIONS.lookupByKey,
  OPERATIONS.lookupByToken,
  OPERATIONS.provisionByKey,
  OPERATIONS.provisionByToken,
];

/** One measurement of an operation, and of its plain upstream calls right before or after it. */
interface Sample {
  readonly operationMs: number;
  readonly plainMs: number;
}

/** Compares each operation with the upstream calls that it must make, sent plainly over the same path. */
export async function measureAddedTime(): Promise<Section> {
  const results = (await withoutInfoLog(() => sample(loadFunctions(), MEASURED))).map(summarize);
  const byProvider = await sampleProviderTokens();
  const highest = (rows: readonly { readonly addedMs: number }[]) => Math.max(...rows.map(({ addedMs }) => addedMs));
  const [most, mostByProvider] = [highest(results), highest(byProvider)];
  return {
    title: 'Time added to the upstream calls',
    notes: [
      `Medians of ${ROUNDS} rounds, in ms; each round runs every operation and its plain calls in the same process.`,
      'Plain: the calls that the operation must make, one after the other, with a bare fetch (https for the validation), to the',
      `same upstream, which responds after ${UPSTREAM_DELAY_MS} ms. Its timer, the loopback interface and HTTP are in both columns.`,
      'Added: operation less plain, pair by pair. It is processor time, so a slow or busy machine adds more.',
    ],
    tables: [
      [
        [
          '',
          'calls',
          `x ${UPSTREAM_DELAY_MS} ms`,
          'plain',
          'middle half',
          'operation',
          'middle half',
          'added',
          'ratio',
        ],
        ...[...results, ...byProvider].map(({ row }) => row),
      ],
    ],
    goals: [
      {
        text: `at most ${LIMIT_MS} ms added at the median`,
        measured: `${ms(most)} ms at the most`,
        isReached: most <= LIMIT_MS,
      },
      {
        text: `at most ${PROVIDER_LIMIT_MS} ms and ${PROVIDER_MAX_CALLS} calls for a mint with an identity provider's token`,
        measured: `${ms(mostByProvider)} ms, ${OPERATIONS.mintUnlisted.calls.length} calls`,
        isReached: mostByProvider <= PROVIDER_LIMIT_MS && OPERATIONS.mintUnlisted.calls.length <= PROVIDER_MAX_CALLS,
      },
    ],
  };
}

/** The calls are those of a mint by user name; the provider is not called again once its keys are known. */
async function sampleProviderTokens() {
  const provider = await startBenchProvider();
  try {
    const operations = Object.entries(provider.tokens).map(([alg, bearer]) => ({
      ...OPERATIONS.mintUnlisted,
      name: `mint, identity provider's token (${alg})`,
      bearer,
      fields: {},
    }));
    const invoke = loadFunctions({ ...SETTINGS, ...provider.settings });
    const samples = await withoutInfoLog(() => sample(invoke, operations));
    if (provider.requests() > 2) throw new Error(`The provider got ${provider.requests()} requests instead of 2`);
    return samples.map(summarize);
  } finally {
    await provider.close();
  }
}

function summarize({ operation, samples }: { operation: Operation; samples: readonly Sample[] }) {
  const whole = samples.map(({ operationMs }) => operationMs);
  const plain = samples.map(({ plainMs }) => plainMs);
  const addedMs = median(samples.map(({ operationMs, plainMs }) => operationMs - plainMs));
  const row = [
    operation.name,
    String(operation.calls.length),
    ms(operation.calls.length * UPSTREAM_DELAY_MS),
    ms(median(plain)),
    middleHalf(plain),
    ms(median(whole)),
    middleHalf(whole),
    ms(addedMs),
    times(median(whole) / median(plain)),
  ];
  return { addedMs, row };
}

async function sample(
  invoke: Invoke,
  operations: readonly Operation[],
): Promise<{ operation: Operation; samples: Sample[] }[]> {
  const results = operations.map((operation) => ({ operation, samples: [] as Sample[] }));
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (const { operation, samples } of results) {
      const pair = await measurePair(operation, invoke, round % 2 === 0);
      if (round >= 0) samples.push(pair);
    }
  }
  return results;
}

/** @param plainFirst true every other time, so that neither always benefits from the other */
async function measurePair(operation: Operation, invoke: Invoke, plainFirst: boolean): Promise<Sample> {
  const plain = () => timeOf(() => makePlainCalls(operation.calls));
  const early = plainFirst ? await plain() : undefined;
  const operationMs = await timeOf(() => invoke(operation));
  return { operationMs, plainMs: early ?? (await plain()) };
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

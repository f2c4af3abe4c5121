import { isDeepStrictEqual } from 'node:util';
import { SETTINGS } from './account';
import { loadFunctions, withoutInfoLog } from './in-process';
import { CONFIGURATION, OPERATIONS, type Operation } from './operations';
import type { Section } from './table';
import type { Upstream } from './upstream';

const { FLEX_INSTANCE_SID: _, ...WITHOUT_INSTANCE } = SETTINGS;

/** Counts at the upstream what each operation asks of Twilio. */
export async function measureUpstreamCalls(upstream: Upstream): Promise<Section> {
  const invoke = loadFunctions();
  const invokeWithoutInstance = loadFunctions(WITHOUT_INSTANCE);
  const { mintBySid } = OPERATIONS;
  const first: Operation = {
    ...mintBySid,
    name: `${mintBySid.name}, no FLEX_INSTANCE_SID: first call`,
    calls: [CONFIGURATION, ...mintBySid.calls],
  };
  const next: Operation = { ...mintBySid, name: `${mintBySid.name}, no FLEX_INSTANCE_SID: next call` };

  const counts = [];
  for (const [operation, how] of [
    ...Object.values(OPERATIONS).map((operation) => [operation, invoke] as const),
    [first, invokeWithoutInstance] as const,
    [next, invokeWithoutInstance] as const,
  ]) {
    await upstream.takeRequests();
    await withoutInfoLog(() => how(operation));
    const made = await upstream.takeRequests();
    const needed = operation.calls.map(({ method, url }) => `${method} ${url}`);
    counts.push({ name: operation.name, needed, made, isSame: isDeepStrictEqual(made, needed) });
  }

  const others = counts.filter(({ isSame }) => !isSame).map(({ name }) => name);
  return {
    title: 'Upstream calls of each operation',
    notes: [
      'Counted where they arrive. "As needed": the very calls that are needed, in their order. A Flex token costs one call to be',
      'validated. A list that says too little is one that leaves out whether the user is deactivated.',
    ],
    tables: [
      [
        ['operation', 'needed', 'made', 'ratio', 'as needed'],
        ...counts.map(({ name, needed, made, isSame }) => [
          name,
          String(needed.length),
          String(made.length),
          `${(made.length / needed.length).toFixed(2)}x`,
          isSame ? 'yes' : 'NO',
        ]),
      ],
    ],
    goals: [
      {
        text: 'no upstream call more than needed',
        measured: others.length === 0 ? `none in ${counts.length} operations` : others.join('; '),
        isReached: others.length === 0,
      },
    ],
  };
}

import { loadFunctions, withoutInfoLog } from './in-process';
import { OPERATIONS, type Operation } from './operations';
import { makePlainCalls } from './plain-call';
import type { Section, Table } from './table';
import { startLocalService } from './twilio-run';
import { UPSTREAM_DELAY_MS, type Upstream } from './upstream';

const CALLERS = [1, 10, 50];
const DURATION_MS = 800;
const MEASURED: readonly Operation[] = [OPERATIONS.mintOwn, OPERATIONS.lookupByKey];

/** Requests per second: each caller makes one request after the other. */
export async function measureThroughput(upstream: Upstream): Promise<Section> {
  return {
    title: 'Requests per second',
    notes: [
      `Each caller sends its next request when it has the answer to the last, for ${DURATION_MS} ms. Ceiling: what an upstream that`,
      `answers after ${UPSTREAM_DELAY_MS} ms lets through, were all the rest for nothing. Twilio gives a process one call at a time; with more`,
      'callers the machine is what is measured, and its processors are shared by the upstream, the callers and the Functions.',
      'First table: handlers in this process, beside the same upstream calls made plainly. Second table: over HTTP, the built',
      'Functions under twilio-run in one process, beside `config`, which asks nothing of Twilio: the cost of twilio-run itself.',
    ],
    tables: [await inProcess(), await overHttp(upstream)],
    goals: [],
  };
}

async function inProcess(): Promise<Table> {
  const invoke = loadFunctions();
  const rows = [];
  for (const operation of MEASURED) {
    for (const callers of CALLERS) {
      const plain = await requestsPerSecond(callers, () => makePlainCalls(operation.calls));
      const whole = await withoutInfoLog(() => requestsPerSecond(callers, () => invoke(operation)));
      const ceiling = ceilingOf(operation, callers);
      rows.push([
        operation.name,
        String(callers),
        rate(ceiling),
        rate(plain),
        rate(whole),
        percent(whole / plain),
        percent(whole / ceiling),
      ]);
    }
  }
  return [['in this process', 'callers', 'ceiling', 'plain calls', 'operation', 'of plain', 'of ceiling'], ...rows];
}

async function overHttp({ port }: Upstream): Promise<Table> {
  const service = await startLocalService(port);
  try {
    const config = () => get(`${service.origin}/config`);
    await requestsPerSecond(Math.max(...CALLERS), config); // twilio-run gets faster while its code is compiled.
    const rows = [];
    for (const callers of CALLERS) {
      rows.push(['config', String(callers), '', rate(await requestsPerSecond(callers, config)), '']);
    }
    for (const operation of MEASURED) {
      for (const callers of CALLERS) {
        const whole = await requestsPerSecond(callers, () => post(service.origin, operation));
        const ceiling = ceilingOf(operation, callers);
        rows.push([operation.name, String(callers), rate(ceiling), rate(whole), percent(whole / ceiling)]);
      }
    }
    return [['over HTTP, under twilio-run', 'callers', 'ceiling', 'operation', 'of ceiling'], ...rows];
  } finally {
    await service.close();
  }
}

async function get(url: string): Promise<void> {
  const response = await fetch(url);
  await response.text();
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
}

async function post(origin: string, { name, functionName, bearer, fields, status }: Operation): Promise<void> {
  const response = await fetch(`${origin}/${functionName}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${bearer}` },
    body: JSON.stringify(fields),
  });
  const text = await response.text();
  if (response.status !== status) throw new Error(`${name} answered ${response.status} instead of ${status}: ${text}`);
}

async function requestsPerSecond(callers: number, request: () => Promise<void>): Promise<number> {
  // Opens the connections.
  await Promise.all(Array.from({ length: callers }, request));
  let count = 0;
  const startedMs = performance.now();
  const callUntilTimeIsUp = async () => {
    while (performance.now() - startedMs < DURATION_MS) {
      await request();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, callUntilTimeIsUp));
  return (count / (performance.now() - startedMs)) * 1000;
}

const ceilingOf = ({ calls }: Operation, callers: number): number =>
  (callers * 1000) / (calls.length * UPSTREAM_DELAY_MS);

const rate = (perSecond: number): string => perSecond.toFixed(perSecond < 100 ? 1 : 0);

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;

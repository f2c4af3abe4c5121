import https from 'node:https';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { buildProject } from '../build/build';
import { measureAddedTime } from './added-time';
import { measureColdStart } from './cold-start';
import { measureCrossOriginCalls } from './cross-origin';
import { redirectTls } from './redirect';
import { measureSignInPage } from './sign-in-page';
import { type Goal, renderGoals, renderSection, type Section } from './table';
import { startUpstream } from './upstream';

type Report = (section: Section) => void;

const PARTS = new Map<string, (report: Report) => Promise<void>>([
  ['functions', measureFunctions],
  ['page', async (report) => report(await measureSignInPage())],
  ['calls', async (report) => report(await measureCrossOriginCalls())],
]);

/**
 * Builds and measures what is deployed. Milliseconds depend on the machine and its load. Compare the ratios between machines:
 * both sides are measured in the same run. An argument selects one part.
 *
 * Reports speed, and never fails because of it. It fails only if something is broken, such as a Function that returns an error.
 */
async function main([name]: readonly string[]): Promise<void> {
  const parts = name === undefined ? [...PARTS.values()] : [partNamed(name)];
  const startedMs = performance.now();
  print(`${describeMachine()}\n\n`);
  const goals: Goal[] = [];
  for (const measure of parts) {
    await measure((section) => {
      print(renderSection(section));
      goals.push(...section.goals);
    });
  }
  print(`${['In short', '========', '', ...renderGoals(goals)].join('\n')}\n\n`);
  print(`${((performance.now() - startedMs) / 1000).toFixed(0)} s in all\n`);
}

function partNamed(name: string) {
  const part = PARTS.get(name);
  if (part === undefined) throw new Error(`Unknown part "${name}". Choose one of ${[...PARTS.keys()].join(', ')}.`);
  return part;
}

async function measureFunctions(report: Report): Promise<void> {
  await buildProject();
  report(await measureColdStart());
  const upstream = await startUpstream();
  try {
    redirectTls(upstream.port);
    await assertRedirected();
    report(await measureAddedTime());
  } finally {
    await upstream.close();
  }
}

/**
 * Requests a host that does not exist. If a future version of Node opens connections in another way, this fails instead of
 * measuring nothing.
 */
async function assertRedirected(): Promise<void> {
  const url = 'https://redirected.invalid/';
  await fetch(url);
  await new Promise<void>((resolve, reject) => {
    https.get(url, (response) => response.resume().once('end', resolve)).once('error', reject);
  });
}

/** All milliseconds depend on this. If the load is above the number of processors, the figures are too high. */
function describeMachine(): string {
  const [load = 0] = loadavg();
  const processors = `${availableParallelism()} processors (${cpus()[0]?.model.trim() ?? 'unknown'})`;
  return `node ${process.version} on ${process.platform} ${process.arch}, ${processors}, load ${load.toFixed(1)}`;
}

const print = (text: string) => process.stdout.write(text);

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

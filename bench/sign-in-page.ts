import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../local/chromium';
import { type Sandbox, startSandbox } from '../sandbox/server';
import { type PageServer, startPageServer } from './page/page-server';
import { buildLoginPage, buildObviousPage, type SignInPage } from './page/pages';
import { type Load, type MeasuredSignIn, measureSignIn } from './page/sign-in';
import { THROTTLING } from './page/throttling';
import { median, middleHalf } from './statistics';
import { ms, type Section, type Table, times } from './table';

const LIMIT_BEFORE_BYTES = 25_000;
const LIMIT_WHOLE_BYTES = 160_000;
const ROUNDS = 5;

/** The sign-ins of one page: with everything fetched again at the second load, and with everything cached. */
interface Runs {
  readonly page: SignInPage;
  readonly server: PageServer;
  readonly uncached: MeasuredSignIn[];
  readonly cached: MeasuredSignIn[];
}

/** Compares the sign-in page with one that bundles the unmodified SDK: what it loads, and how long that takes. */
export async function measureSignInPage(): Promise<Section> {
  const browser = await launchChromium();
  const sandbox = await startSandbox();
  const folder = mkdtempSync(join(tmpdir(), 'flex-bench-page-'));
  const servers: PageServer[] = [];
  try {
    const prepare = async (page: SignInPage): Promise<Runs> => {
      const server = await startPageServer(page.folder);
      servers.push(server);
      sandbox.signIn.trust(server.origin + page.path);
      return { page, server, uncached: [], cached: [] };
    };
    const own = await prepare(await buildLoginPage(folder, sandbox.accountSid));
    const obvious = await prepare(await buildObviousPage(folder, sandbox.accountSid));
    await sample(browser, sandbox, [own, obvious]);
    return sectionOf(own, obvious);
  } finally {
    await browser.close();
    for (const server of servers) await server.close();
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Measures the pages in turn, in alternating order, so that other load on the machine affects both. */
async function sample(browser: Browser, sandbox: Sandbox, runs: readonly Runs[]): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    for (const { page, server, uncached, cached } of round % 2 === 0 ? runs : runs.toReversed()) {
      uncached.push(await measureSignIn(browser, { page, server, sandbox, isCached: false }));
      cached.push(await measureSignIn(browser, { page, server, sandbox, isCached: true }));
    }
  }
}

function sectionOf(own: Runs, obvious: Runs): Section {
  const bytesBefore = gzippedBytes(own, before);
  const bytesWhole = gzippedBytes(own, whole);
  return {
    title: 'Sign-in page',
    notes: [
      'login.html beside a page with one script for everything, the unmodified Flex SDK, bundled and minified (bench/page/obvious.js).',
      `Chromium, throttled: ${THROTTLING}. Throttling does not slow down preflights and the opening`,
      'of connections, for either page. Each sign-in has a fresh profile, and the account is built into both pages. The sandbox replaces Twilio.',
      `Medians of ${ROUNDS} sign-ins (of twice as many up to the redirect). The two pages take turns.`,
      'Whole: both page loads together. Twilio does not document how long browsers may cache assets, so both extremes are measured: nothing',
      'is cached between the two loads, or ("cached") everything is. Both servers compress by gzip. Bytes: bodies, without headers.',
      'Requests: to the page’s server, and by fetch to Twilio, without preflights. The time at the identity provider is not counted.',
    ],
    tables: [countTable(own, obvious), timeTable(own, obvious)],
    goals: [
      goal('before the redirect', bytesBefore, LIMIT_BEFORE_BYTES),
      goal('for a whole sign-in, nothing cached', bytesWhole, LIMIT_WHOLE_BYTES),
    ],
  };
}

const goal = (what: string, bytes: number, limit: number) => ({
  text: `at most ${count(limit)} bytes, gzipped, ${what}`,
  measured: count(bytes),
  isReached: bytes <= limit,
});

const count = (value: number): string => value.toLocaleString('en');

type LoadsOf = (run: MeasuredSignIn) => readonly Load[];
const before: LoadsOf = (run) => [run.before];
const whole: LoadsOf = (run) => [run.before, run.after];

const sumOf = (loads: readonly Load[], value: (load: Load) => number): number =>
  loads.reduce((sum, load) => sum + value(load), 0);

const gzippedBytes = ({ uncached }: Runs, loads: LoadsOf): number =>
  median(uncached.map((run) => sumOf(loads(run), ({ sent }) => sent.gzippedBytes)));

function countTable(own: Runs, obvious: Runs): Table {
  const kinds: readonly (readonly [string, (load: Load) => number])[] = [
    ['bytes, raw', ({ sent }) => sent.rawBytes],
    ['bytes, gzipped', ({ sent }) => sent.gzippedBytes],
    ['requests', ({ sent, twilioRequests }) => sent.requests + twilioRequests],
  ];
  const rows = (what: string, signIns: (runs: Runs) => readonly MeasuredSignIn[], loads: LoadsOf) =>
    kinds.map(([kind, value]) => {
      const countOf = (runs: Runs) => median(signIns(runs).map((run) => sumOf(loads(run), value)));
      const [ownCount, obviousCount] = [countOf(own), countOf(obvious)];
      return [`${what}: ${kind}`, count(ownCount), count(obviousCount), times(ownCount / obviousCount)];
    });
  return [
    ['', own.page.name, obvious.page.name, 'ratio'],
    ...rows('before the redirect', ({ uncached }) => uncached, before),
    ...rows('whole', ({ uncached }) => uncached, whole),
    ...rows('whole, cached', ({ cached }) => cached, whole),
  ];
}

function timeTable(own: Runs, obvious: Runs): Table {
  const row = (what: string, timesOf: (runs: Runs) => readonly number[]) => {
    const [ownMs, obviousMs] = [timesOf(own), timesOf(obvious)];
    return [
      what,
      ms(median(ownMs)),
      middleHalf(ownMs),
      ms(median(obviousMs)),
      middleHalf(obviousMs),
      times(median(ownMs) / median(obviousMs)),
    ];
  };
  const after = (runs: readonly MeasuredSignIn[]) => runs.map((run) => run.after.ms);
  const both = (runs: readonly MeasuredSignIn[]) => runs.map((run) => run.before.ms + run.after.ms);
  return [
    ['in ms', own.page.name, 'middle half', obvious.page.name, 'middle half', 'ratio'],
    row('navigation to redirect', ({ uncached, cached }) => [...uncached, ...cached].map((run) => run.before.ms)),
    row('return to live client', ({ uncached }) => after(uncached)),
    row('both', ({ uncached }) => both(uncached)),
    row('return to live client, cached', ({ cached }) => after(cached)),
    row('both, cached', ({ cached }) => both(cached)),
  ];
}

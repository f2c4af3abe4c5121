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

const LIMIT_BEFORE_BYTES = 21_500;
const LIMIT_WHOLE_BYTES = 110_000;
const LIMIT_RATIO = 0.9;
const ROUNDS = 5;
const AWAY_MS = 3_000;

/** The sign-ins of one page. */
interface Runs {
  readonly page: SignInPage;
  readonly server: PageServer;
  /** With a fresh profile. */
  readonly first: MeasuredSignIn[];
  /** In a new tab of the same profile. */
  readonly nextMorning: MeasuredSignIn[];
  /** With a fresh profile that lost its files while the person was away. */
  readonly nothingKept: MeasuredSignIn[];
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
      return { page, server, first: [], nextMorning: [], nothingKept: [] };
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
async function sample(browser: Browser, sandbox: Sandbox, pages: readonly Runs[]): Promise<void> {
  const inFreshProfile = async ({ page, server }: Runs, keeping: readonly boolean[]): Promise<MeasuredSignIn[]> => {
    const context = await browser.newContext();
    try {
      const signIns: MeasuredSignIn[] = [];
      for (const isCached of keeping) {
        signIns.push(await measureSignIn(context, { page, server, sandbox, awayMs: AWAY_MS, isCached }));
      }
      return signIns;
    } finally {
      await context.close();
    }
  };
  for (const runs of pages) runs.nothingKept.push(...(await inFreshProfile(runs, [false])));
  for (let round = 0; round < ROUNDS; round++) {
    for (const runs of round % 2 === 0 ? pages : pages.toReversed()) {
      const [first, nextMorning] = await inFreshProfile(runs, [true, true]);
      if (first) runs.first.push(first);
      if (nextMorning) runs.nextMorning.push(nextMorning);
    }
  }
}

function sectionOf(own: Runs, obvious: Runs): Section {
  const bytesBefore = bytesOf(own, before);
  const bytesWhole = bytesOf(own, whole);
  return {
    title: 'Sign-in page',
    notes: [
      'login.html beside a page with one script for everything, the unmodified Flex SDK, bundled and minified (bench/page/obvious.js).',
      `Chromium, throttled: ${THROTTLING}. Throttling does not slow down preflights and the opening`,
      'of connections, for either page. The account is built into both pages. The sandbox replaces Twilio.',
      `Medians of ${ROUNDS} fresh profiles, each with a first visit and, in a new tab, the next morning. The two pages take turns.`,
      `The person is at the identity provider for ${AWAY_MS / 1000} s, which is not counted; login.html loads its client part then.`,
      'Browsers revalidate cached files by ETag, as twilio-run makes them do. Bytes: gzipped bodies, without headers, of a sign-in that cached nothing between its two page loads.',
      'Requests: to the page’s server, and by fetch to Twilio, without preflights.',
    ],
    tables: [countTable(own, obvious), timeTable(own, obvious)],
    goals: [
      byteGoal('before the redirect', bytesBefore, LIMIT_BEFORE_BYTES),
      byteGoal('for a whole sign-in, nothing kept', bytesWhole, LIMIT_WHOLE_BYTES),
      ...TIMES.map(({ what, timesOf }) => ratioGoal(what, median(timesOf(own)) / median(timesOf(obvious)))),
    ],
  };
}

const byteGoal = (what: string, bytes: number, limit: number) => ({
  text: `at most ${count(limit)} bytes, gzipped, ${what}`,
  measured: count(bytes),
  isReached: bytes <= limit,
});

const ratioGoal = (what: string, ratio: number) => ({
  text: `at most ${times(LIMIT_RATIO)} of the obvious bundle’s time: ${what}`,
  measured: times(ratio),
  isReached: ratio <= LIMIT_RATIO,
});

const count = (value: number): string => value.toLocaleString('en');

type LoadsOf = (run: MeasuredSignIn) => readonly Load[];
const before: LoadsOf = (run) => [run.before];
const whole: LoadsOf = (run) => [run.before, run.after];

const sumOf = (loads: readonly Load[], value: (load: Load) => number): number =>
  loads.reduce((sum, load) => sum + value(load), 0);

const bytesOf = ({ nothingKept }: Runs, loads: LoadsOf): number =>
  median(nothingKept.map((run) => sumOf(loads(run), ({ sent }) => sent.gzippedBytes)));

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
    ...rows('before the redirect', ({ nothingKept }) => nothingKept, before),
    ...rows('whole, nothing kept', ({ nothingKept }) => nothingKept, whole),
    ...rows('whole, first visit', ({ first }) => first, whole),
    ...rows('whole, next morning', ({ nextMorning }) => nextMorning, whole).filter(([what]) =>
      what?.endsWith('requests'),
    ),
  ];
}

const TIMES: readonly { readonly what: string; readonly timesOf: (runs: Runs) => readonly number[] }[] = [
  { what: 'first visit, to the redirect', timesOf: ({ first }) => first.map((run) => run.before.ms) },
  { what: 'first visit, return to live client', timesOf: ({ first }) => first.map((run) => run.after.ms) },
  { what: 'next morning, to the redirect', timesOf: ({ nextMorning }) => nextMorning.map((run) => run.before.ms) },
  { what: 'next morning, return to live client', timesOf: ({ nextMorning }) => nextMorning.map((run) => run.after.ms) },
];

function timeTable(own: Runs, obvious: Runs): Table {
  const rows = TIMES.map(({ what, timesOf }) => {
    const [ownMs, obviousMs] = [timesOf(own), timesOf(obvious)];
    const ratio = times(median(ownMs) / median(obviousMs));
    return [what, ms(median(ownMs)), middleHalf(ownMs), ms(median(obviousMs)), middleHalf(obviousMs), ratio];
  });
  return [['in ms', own.page.name, 'middle half', obvious.page.name, 'middle half', 'ratio'], ...rows];
}

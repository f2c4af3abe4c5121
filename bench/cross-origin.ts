import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { bundleClient } from '../build/client-bundle';
import { launchChromium } from '../local/chromium';
import { median, middleHalf } from './statistics';
import { ms, type Section, times } from './table';

/** From the arrival of a request to its response, preflights included. */
const RESPONSE_MS = 100;
const ROUNDS = 15;
const MAX_RATIO = 0.6;

/** Functions that run in the page. Each makes one call, and returns its milliseconds. */
const OWN = `async (service) => {
  const { createFlexAuth } = await import('/flex-auth.js');
  const flexAuth = createFlexAuth({ service, token: () => 'a.b.c' });
  const start = performance.now();
  await flexAuth.mint();
  return performance.now() - start;
}`;
const WITH_HEADER = `async (service) => {
  const headers = { Authorization: 'Bearer a.b.c', 'Content-Type': 'application/json' };
  const start = performance.now();
  await (await fetch(service + '/mint', { method: 'POST', headers, body: '{}' })).json();
  return performance.now() - start;
}`;

/** Compares a call of `flex-auth.js` to another origin with one by `fetch` and an `Authorization` header, which needs a preflight. */
export async function measureCrossOriginCalls(): Promise<Section> {
  const methods: string[] = [];
  const service = await listen(async ({ method = '' }, response) => {
    methods.push(method);
    await wait(RESPONSE_MS);
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Allow-Headers', 'Authorization, Content-Type');
    response.setHeader('Content-Type', 'application/json');
    response.end('{"access_token": "a.b.c", "token_info": {}}');
  });
  const client = await buildClient();
  const app = await listen(({ url }, response) => {
    const isClient = url === '/flex-auth.js';
    response.setHeader('Content-Type', isClient ? 'text/javascript' : 'text/html');
    response.end(isClient ? client : '<!doctype html><title>App</title>');
  });
  const browser = await launchChromium();
  const sample = async (call: string) => {
    methods.length = 0;
    const callMs = await callFrom(browser, app.origin, call, service.origin);
    return { callMs, requests: methods.join(', ') };
  };
  const own: Awaited<ReturnType<typeof sample>>[] = [];
  const withHeader: typeof own = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      own.push(await sample(OWN));
      withHeader.push(await sample(WITH_HEADER));
    }
  } finally {
    await browser.close();
    await service.close();
    await app.close();
  }

  const timesOf = (samples: typeof own) => samples.map(({ callMs }) => callMs);
  const ratio = median(timesOf(own)) / median(timesOf(withHeader));
  const row = (name: string, samples: typeof own) => [
    name,
    [...new Set(samples.map(({ requests }) => requests))].join(' or '),
    ms(median(timesOf(samples))),
    middleHalf(timesOf(samples)),
    times(median(timesOf(samples)) / median(timesOf(withHeader))),
  ];
  return {
    title: 'Calls from another origin',
    notes: [
      `One \`mint\` from a page in Chromium to a server that responds to each request, preflights too, after ${RESPONSE_MS} ms.`,
      `Medians of ${ROUNDS} calls, in ms, each in a fresh profile: browsers keep the response to a preflight for a few seconds only.`,
    ],
    tables: [
      [
        ['', 'requests', 'call', 'middle half', 'ratio'],
        row('flex-auth.js', own),
        row('fetch with Authorization', withHeader),
      ],
    ],
    goals: [
      {
        text: `a call takes at most ${MAX_RATIO} of one with a preflight`,
        measured: times(ratio),
        isReached: ratio <= MAX_RATIO,
      },
    ],
  };
}

async function buildClient(): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'flex-bench-client-'));
  try {
    await bundleClient(folder);
    return readFileSync(join(folder, 'flex-auth.js'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function callFrom(browser: Browser, app: string, call: string, service: string): Promise<number> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(app);
    return await page.evaluate<number>(`(${call})(${JSON.stringify(service)})`);
  } finally {
    await context.close();
  }
}

async function listen(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close');
      server.closeAllConnections();
      server.close();
      await closed;
    },
  };
}

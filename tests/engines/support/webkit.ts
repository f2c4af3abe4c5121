import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../../../local/ports';
import type { Browser, Engine, Tab } from './engine';

/** WebKitGTK: its MiniBrowser by WebDriver, on a separate display. */
export async function webkit(): Promise<Engine> {
  const { display, xvfb } = await startDisplay();
  const settings = mkdtempSync(join(tmpdir(), 'flex-webkit-'));
  const close = async () => {
    await end(xvfb);
    rmSync(settings, { recursive: true, force: true });
  };
  try {
    letWindowsBeNarrow(settings);
    const driver = await startDriver({ DISPLAY: display, XDG_CONFIG_HOME: settings });
    return {
      open: () => open(driver.origin),
      close: async () => {
        await end(driver.child);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** MiniBrowser's window is at least as wide as its toolbar: with GTK's own theme, 447 pixels. Pages are not styled by this. */
function letWindowsBeNarrow(settings: string): void {
  mkdirSync(join(settings, 'gtk-3.0'));
  writeFileSync(join(settings, 'gtk-3.0/gtk.css'), '* { min-width: 0; padding: 0; }');
}

/** Xvfb chooses a free display and prints its number to the file descriptor that it is given. */
async function startDisplay(): Promise<{ display: string; xvfb: ChildProcess }> {
  const options = ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'];
  const xvfb = spawn('Xvfb', options, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const lines = createInterface({ input: xvfb.stdio[3] as NodeJS.ReadableStream });
  const [number] = await firstOf(xvfb, once(lines, 'line'), 'Xvfb');
  return { display: `:${number}`, xvfb };
}

async function startDriver(environment: NodeJS.Dict<string>): Promise<{ origin: string; child: ChildProcess }> {
  const port = await freePort();
  const child = spawn('WebKitWebDriver', [`--port=${port}`], {
    env: { ...process.env, ...environment },
    stdio: 'ignore',
  });
  const origin = `http://127.0.0.1:${port}`;
  await firstOf(child, untilReady(origin), 'WebKitWebDriver');
  return { origin, child };
}

async function untilReady(origin: string): Promise<void> {
  while (
    !(await fetch(`${origin}/status`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function firstOf<Value>(child: ChildProcess, ready: Promise<Value>, name: string): Promise<Value> {
  const failed = Promise.race([once(child, 'error'), once(child, 'exit')]).then(([reason]) => {
    throw new Error(`${name} did not start: ${reason instanceof Error ? reason.message : `exit code ${reason}`}`);
  });
  return Promise.race([ready, failed]);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill();
  await ended;
}

/** A command of the WebDriver protocol, within a session. */
type Send = <Value>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => Promise<Value>;

async function open(origin: string): Promise<Browser> {
  // Without further options, the driver starts the MiniBrowser that it is installed with.
  const capabilities = { alwaysMatch: { pageLoadStrategy: 'eager' } };
  const { sessionId } = await command<{ sessionId: string }>(`${origin}/session`, 'POST', { capabilities });
  const send: Send = (method, path, body) => command(`${origin}/session/${sessionId}${path}`, method, body);
  await send('POST', '/timeouts', { script: 300_000, pageLoad: 300_000 });
  const handles = () => send<string[]>('GET', '/window/handles');
  const [first = ''] = await handles();
  return {
    tab: toTab(send, first),
    tabs: async () => (await handles()).map((handle) => toTab(send, handle)),
    close: () => send('DELETE', ''),
  };
}

/** Now and then, the driver never responds to a command for a page that is being left. The next command gets through. */
const LOST_AFTER_MS = 30_000;

async function command<Value>(url: string, method: string, body?: object): Promise<Value> {
  const response = await fetch(url, {
    method,
    ...(method === 'POST' && { body: JSON.stringify(body ?? {}) }),
    signal: AbortSignal.timeout(LOST_AFTER_MS),
  });
  const { value } = (await response.json()) as { value: Value & { error?: string; message?: string } };
  if (!response.ok) throw new Error(`WebDriver, ${method} ${new URL(url).pathname}: ${value.error}: ${value.message}`);
  return value;
}

/** WebDriver's code points for keys that have no character. */
const KEYS = { Tab: '\ue004', Enter: '\ue007', ' ': ' ' };

function toTab(send: Send, handle: string): Tab {
  const inTab = async <Value>(...parameters: Parameters<Send>): Promise<Value> => {
    await send('POST', '/window', { handle });
    return send<Value>(...parameters);
  };
  const type = (text: string) =>
    inTab<void>('POST', '/actions', {
      actions: [
        {
          type: 'key',
          id: 'keyboard',
          actions: [...text].flatMap((value) => [
            { type: 'keyDown', value },
            { type: 'keyUp', value },
          ]),
        },
      ],
    });
  return {
    id: handle,
    goTo: (url) => inTab('POST', '/url', { url }),
    reload: () => inTab('POST', '/refresh'),

    url: () => inTab('GET', '/url'),
    evaluate: (expression) => inTab('POST', '/execute/sync', { script: `return (${expression})`, args: [] }),
    click: (x, y) =>
      inTab('POST', '/actions', {
        actions: [
          {
            type: 'pointer',
            id: 'mouse',
            actions: [
              { type: 'pointerMove', x: Math.round(x), y: Math.round(y) },
              { type: 'pointerDown', button: 0 },
              { type: 'pointerUp', button: 0 },
            ],
          },
        ],
      }),
    press: (key) => type(KEYS[key]),
    type,
    resize: (width, height) => inTab('POST', '/window/rect', { width, height }),
    screenshot: async (file) => {
      // The driver never responds if a page has not been drawn since it changed.
      await inTab('POST', '/execute/async', {
        script: 'const [done] = arguments; requestAnimationFrame(() => requestAnimationFrame(() => done()));',
        args: [],
      });
      writeFileSync(file, await inTab<string>('GET', '/screenshot'), 'base64');
    },
    close: () => inTab('DELETE', '/window'),
  };
}

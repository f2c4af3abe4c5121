import type { Page } from 'playwright-core';
import { bundlePlugin } from './support/flex';
import { useSite } from './support/in-browser';

const here = useSite();

const press = (name: string, where = here.page) => where.getByRole('button', { name }).click();
const shows = (role: 'status' | 'alert', text: string) => here.page.getByRole(role).filter({ hasText: text }).waitFor();

describe('the example app', () => {
  async function signIn(): Promise<Page> {
    const opened = here.page.waitForEvent('popup');
    await press('Sign in');
    return opened;
  }
  /** Requested by each client that starts. */
  const SESSION = 'https://flex.twilio.com/api/v1/Session';
  const clients = () => here.service.sandbox.requestsTo('flex').filter(({ path }) => path.endsWith('/Session'));
  const renewals = () =>
    here.service.sandbox.requestsTo('services').filter(({ body }) => body.includes('RefreshToken'));
  async function showsSignedOut(): Promise<void> {
    expect(await here.page.getByRole('status').textContent()).toBe('You are signed out.');
    expect(await here.page.getByRole('alert').textContent()).toBe('');
  }

  it('connects after a first attempt that the person declined, renews the session, and disconnects', async () => {
    await here.page.clock.install();
    await here.page.goto(`http://127.0.0.1:${here.site.port}/`);
    const popup = await signIn();
    await press('Refuse to sign in', popup);
    await shows('alert', 'declined');
    await shows('status', 'You are not signed in.');

    await press('Sign in');
    await press('Example Agent', popup);
    await shows('status', `Connected as ${here.service.sandbox.users.agent.username} until 20`);
    expect(await here.page.getByRole('alert').textContent()).toBe('');

    const validated = here.page.waitForResponse(/Tokens\/Info/);
    await here.page.clock.fastForward(56 * 60_000);
    await validated;
    expect(renewals()).toHaveLength(1);

    await press('Sign out');
    await shows('status', 'You are signed out.');
    await here.page.clock.fastForward(120 * 60_000);
    expect(renewals()).toHaveLength(1);
  });

  it('connects once after two clicks on "Sign in", and shows nothing of the session after "Sign out"', async () => {
    await here.page.clock.install();
    await here.page.goto(`http://127.0.0.1:${here.site.port}/`);
    const popup = await signIn();
    await popup.getByRole('button', { name: 'Example Agent' }).waitFor();
    await press('Sign in');
    await press('Example Agent', popup);
    await shows('status', 'Connected as');
    expect(clients()).toHaveLength(1);

    await press('Sign out');
    await here.page.clock.fastForward(56 * 60_000);
    await showsSignedOut();
  });

  it('ends a pending sign-in and closes its popup when the person signs out', async () => {
    await here.page.goto(`http://127.0.0.1:${here.site.port}/`);
    const popup = await signIn();
    await popup.getByRole('button', { name: 'Example Agent' }).waitFor();
    const closed = popup.waitForEvent('close');
    await press('Sign out');
    await closed;
    await showsSignedOut();
  });

  it('ends a session whose client starts after the person signed out', async () => {
    await here.page.clock.install();
    await here.page.goto(`http://127.0.0.1:${here.site.port}/`);
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await here.context.route(SESSION, async (route) => {
      await released;
      await route.fallback();
    });
    await press('Example Agent', await signIn());
    await shows('status', 'Starting the Flex client.');
    await press('Sign out');
    const started = here.page.waitForResponse(SESSION);
    release();
    await (await started).finished();
    await here.page.clock.runFor(1000);
    await showsSignedOut();
    await here.page.clock.fastForward(56 * 60_000);
    await showsSignedOut();
    expect(renewals()).toEqual([]);
  });
});

describe('the example plugin, in a page of Flex', () => {
  const FLEX = 'https://flex.twilio.com/agent-desktop';

  async function openFlex(token: string | undefined): Promise<void> {
    const script = await bundlePlugin(here.service.origin);
    // Chromium prompts before a public site may reach this machine, and in this test the service runs here.
    await here.context.grantPermissions(['local-network-access'], { origin: new URL(FLEX).origin });
    await here.context.route(FLEX, (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><body>' }),
    );
    await here.page.goto(FLEX);
    await showToken(token);
    await here.page.addScriptTag({ content: script });
  }
  const showToken = (token: string | undefined) =>
    here.page.evaluate(`{ globalThis.flexToken = ${JSON.stringify(token)} }`);

  it('shows the worker who they are, and mints a token for them', async () => {
    await openFlex(await here.service.sandbox.tokenFor('agent'));
    await press('Who am I?');
    await shows('status', `Example Agent, worker ${here.service.sandbox.users.agent.worker_sid}`);
    await press('New token');
    await shows('status', 'A new token that expires at 20');
  });

  it('uses Flex’s current token: an expired one is refused, and the next one works', async () => {
    await openFlex(await here.service.sandbox.tokenFor('agent', { ttlSeconds: -1 }));
    await press('Who am I?');
    await shows('status', 'sign in again');
    await showToken(await here.service.sandbox.tokenFor('supervisor'));
    await press('Who am I?');
    await shows('status', 'Example Supervisor');
  });

  it('says that the worker is signed out, before sign-in and after sign-out', async () => {
    const errors: Error[] = [];
    here.page.on('pageerror', (error) => errors.push(error));
    await openFlex(undefined);
    await press('Who am I?');
    await shows('status', 'You are signed out.');
    await showToken(await here.service.sandbox.tokenFor('agent'));
    await press('Who am I?');
    await shows('status', 'Example Agent');
    await showToken(undefined);
    await press('New token');
    await shows('status', 'You are signed out.');
    expect(errors).toEqual([]);
  });
});

import {
  connected,
  enterAnotherWorld,
  FakeClient,
  failing,
  HOUR,
  hanging,
  MINUTE,
  SECOND,
  tokenOf,
  useWorld,
  world,
} from './support/connection';

useWorld();

describe('time', () => {
  it('comes from one HEAD request to the page itself', async () => {
    const { connection } = await connected(HOUR);
    await world.pass(12 * HOUR);
    expect(world.requests).toEqual(['HEAD https://app.example.com/desk']);
    connection.stop();
  });

  it.each([
    ['2 hours slow', -2 * HOUR],
    ['2 hours fast', 2 * HOUR],
    ['10 minutes slow', -10 * MINUTE],
    ['a day fast', 24 * HOUR],
  ])('does not depend on a device clock that is %s', async (_, deviceAheadMs) => {
    await enterAnotherWorld({ deviceAheadMs });
    const { connection, events } = await connected(10 * MINUTE);
    await world.pass(11 * MINUTE);
    expect(events).toEqual(['300 getToken', '300 renewed token-2', '600 getToken', '600 renewed token-3']);
    connection.stop();
  });

  it.each([
    ['ahead by 2 hours', 2 * HOUR],
    ['back by 2 hours', -2 * HOUR],
    ['ahead by 3 minutes', 3 * MINUTE],
  ])('does not depend on a device clock that is set %s while the page is open', async (_, byMs) => {
    const { connection, events } = await connected(10 * MINUTE);
    await world.pass(2 * MINUTE);
    world.setDeviceClock(byMs);
    await world.pass(9 * MINUTE);
    expect(events).toEqual(['300 getToken', '300 renewed token-2', '600 getToken', '600 renewed token-3']);
    expect(world.requests).toHaveLength(2);
    connection.stop();
  });

  const HEAD_FAILURES: [string, () => Promise<Response>][] = [
    ['fails', () => Promise.reject(new TypeError('Failed to fetch'))],
    ['hangs', hanging],
  ];
  const failOnce = (failure: () => Promise<Response>) => {
    const { respond } = world;
    let isFirst = true;
    world.respond = (...request) => {
      const response = isFirst ? failure() : respond(...request);
      isFirst = false;
      return response;
    };
  };
  const CLOCKS: [string, number][] = [
    ['2 hours slow', -2 * HOUR],
    ['2 hours fast', 2 * HOUR],
  ];
  const UNLUCKY = CLOCKS.flatMap(([clock, byMs]) =>
    HEAD_FAILURES.map(([how, failure]) => ({ clock, byMs, how, failure })),
  );

  it.each(UNLUCKY)('is requested again if a request $how, with a clock that is $clock', async ({ byMs, failure }) => {
    await enterAnotherWorld({ deviceAheadMs: byMs });
    failOnce(failure);
    const connecting = connected(HOUR);
    await world.pass(3 * SECOND);
    const { connection, events } = await connecting;
    await world.pass(56 * MINUTE);
    expect(events.at(-2)).toMatch(/^33\d\d getToken$/);
    expect(events.length).toBeLessThanOrEqual(2);
    connection.stop();
  });

  it.each(UNLUCKY)(
    'is requested again if a request $how, after the clock was set to be $clock',
    async ({ byMs, failure }) => {
      const { connection, events, provider } = await connected(HOUR);
      await world.pass(2 * MINUTE);
      failOnce(failure);
      world.setDeviceClock(byMs);
      await world.pass(54 * MINUTE);
      expect(events.filter((line) => /end/.test(line))).toEqual([]);
      expect(Date.parse(connection.expiresAt) - world.serverNow()).toBeGreaterThan(4 * MINUTE);
      expect(provider.calls).toBeLessThanOrEqual(3);
      connection.stop();
    },
  );

  it('is not taken from the device to end a session while nothing can be reached', async () => {
    const { client, connection, events, provider } = await connected(HOUR);
    await world.pass(2 * MINUTE);
    const { respond } = world;
    world.respond = () => Promise.reject(new TypeError('Failed to fetch'));
    provider.next = failing;
    world.setDeviceClock(2 * HOUR);
    await world.pass(70 * SECOND);
    world.respond = respond;
    provider.next = async () => tokenOf(provider.calls, HOUR);
    await world.pass(54 * MINUTE);
    expect(events.filter((line) => line.includes('ended'))).toEqual([]);
    expect(events.at(-1)).toMatch(/renewed/);
    expect(client.isDestroyed).toBe(false);
    connection.stop();
  });

  it('renews within 5 s of a sleep, although no event tells of it', async () => {
    const { connection, events } = await connected(HOUR);
    await world.pass(20 * MINUTE);
    world.sleep(40 * MINUTE);
    await world.pass(5 * SECOND);
    expect(events).toEqual([
      expect.stringMatching(/^360\d getToken$/),
      expect.stringMatching(/^360\d renewed token-2$/),
    ]);
    connection.stop();
  });

  it.each([
    ['window', 'online'],
    ['window', 'pageshow'],
    ['document', 'visibilitychange'],
  ] as const)('is looked at again at once when %s dispatches %s', async (target, type) => {
    const { connection, events } = await connected(HOUR);
    await world.pass(20 * MINUTE);
    world.sleep(40 * MINUTE);
    world.dispatch(target, type);
    await world.pass(0);
    expect(events).toEqual(['3600 getToken', '3600 renewed token-2']);
    connection.stop();
  });

  it('does not end a session because the network is slower to wake than the page', async () => {
    const { connection, events, provider } = await connected(HOUR);
    await world.pass(20 * MINUTE);
    world.sleep(3 * HOUR);
    provider.next = failing;
    world.respond = failing;
    await world.pass(30 * SECOND);
    expect(events.filter((line) => line.includes('ended'))).toEqual([]);
    provider.next = async () => tokenOf(2, HOUR);
    await world.pass(30 * SECOND);
    expect(events.at(-1)).toMatch(/renewed token-2$/);
    connection.stop();
  });

  it('ends a session after a sleep if the calls of a minute fail', async () => {
    const { connection, events, provider } = await connected(HOUR);
    world.sleep(3 * HOUR);
    provider.next = failing;
    await world.pass(3 * MINUTE);
    expect(events.filter((line) => !line.includes('getToken')).map((line) => line.replace(/^\d+ /, ''))).toEqual([
      'ending down',
      'ended down',
    ]);
    connection.stop();
  });

  it.each([
    ['fails', failing],
    ['has no Date header', async () => new Response(null)],
    ['hangs', hanging],
  ])('comes from the device if the request %s', async (_, respond) => {
    world.respond = respond;
    const starting = connected(10 * MINUTE);
    await world.pass(3 * SECOND);
    const { connection, events } = await starting;
    await world.pass(6 * MINUTE);
    expect(events).toEqual([expect.stringMatching(/ getToken$/), expect.stringMatching(/ renewed token-2$/)]);
    connection.stop();
  });

  it('of the device does not end sessions if the clock is fast and no server tells the time', async () => {
    await enterAnotherWorld({ deviceAheadMs: 2 * HOUR });
    world.respond = failing;
    const { client, connection, events, provider } = await connected(HOUR);
    await world.pass(12 * HOUR);
    expect(events.filter((line) => /end/.test(line))).toEqual([]);
    expect(client.tokens.length).toBeGreaterThan(0);
    expect(provider.calls).toBeLessThanOrEqual(12 * 60 + 1);
    connection.stop();
  });

  it('of the device, 2 hours fast, does not keep a session that cannot be renewed: it warns once, then ends', async () => {
    await enterAnotherWorld({ deviceAheadMs: 2 * HOUR });
    world.respond = failing;
    const { client, connection, events, provider } = await connected(HOUR);
    provider.next = failing;
    await world.pass(2 * HOUR);
    expect(events.filter((line) => !line.includes('getToken')).map((line) => line.replace(/^\d+ /, ''))).toEqual([
      'ending down',
      'ended down',
    ]);
    expect(client.isDestroyed).toBe(true);
    connection.stop();
  });

  it.each(CLOCKS)('that a call of the service has told counts at once, with a clock that is %s', async (_, byMs) => {
    await enterAnotherWorld({ deviceAheadMs: byMs });
    const { respond } = world;
    world.respond = failing;
    const { connection, events } = await connected(HOUR);
    world.respond = respond;
    const { createFlexAuth } = world.client;
    await createFlexAuth({ service: 'https://auth-1234.twil.io', token: () => 'a.b.c.d.e' })
      .lookup()
      .catch(() => {});
    await world.pass(56 * MINUTE);
    expect(events).toEqual([expect.stringMatching(/^3300 getToken$/), expect.stringMatching(/^3300 renewed token-2$/)]);
    connection.stop();
  });

  it('comes from the service’s responses if they can be read, without an additional request', async () => {
    const { createFlexAuth, connect } = world.client;
    world.respond = async () => {
      const body = {
        access_token: 'minted',
        token_info: { expiration: new Date(world.serverNow() + HOUR).toISOString() },
      };
      return Response.json(body, { status: 201, headers: { Date: world.serverDate() } });
    };
    const flexAuth = createFlexAuth({ service: 'https://flex.example', token: () => 'own.token' });
    const { stop } = await connect({
      createClient: async () => new FakeClient(),
      getToken: ({ signal }) => flexAuth.mint({}, { signal }),
    });
    expect(world.requests).toEqual(['POST https://flex.example/mint']);
    stop();
  });
});

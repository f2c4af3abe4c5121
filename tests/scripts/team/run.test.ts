import { Pace, PacedCall } from '../../../scripts/team/pace';
import { type Result, runTeam } from '../../../scripts/team/run';
import type { NewFlexUser } from '../../../src/flex/users';
import { FlexUsersApi } from '../../../src/flex/users-api';
import { readSettings } from '../../../src/settings/settings';
import { onTestClock } from '../../support/test-clock';
import { useSandbox } from '../../support/twilio';
import { membersOf, user, usersNamed } from './support';

const twilio = useSandbox();

interface Circumstances {
  readonly apply?: boolean;
  readonly attributes?: boolean;
  readonly onResult?: (result: Result, end: AbortController) => void;
}

async function run(
  users: readonly NewFlexUser[],
  { apply = true, attributes = false, onResult = () => {} }: Circumstances = {},
): Promise<readonly Result[]> {
  const end = new AbortController();
  const flex = new FlexUsersApi(readSettings(twilio.settings), new PacedCall(new Pace(end.signal)));
  return runTeam(flex, {
    members: membersOf(users),
    apply,
    attributes,
    onResult: (result) => onResult(result, end),
    giveUp: () => end.abort(),
  });
}

const actions = (results: readonly Result[]) => results.map(({ outcome, step }) => `${outcome} ${step?.action}`);
const writes = () => twilio.sandbox.requests.filter(({ path }) => path.endsWith('/Provision'));
const refused = (results: readonly Result[]) => results.filter(({ outcome }) => outcome === 'failed');

describe('a team', () => {
  it('of 1,000 users is created, and a second run writes nothing', async () => {
    const users = usersNamed('user', 1000);
    const first = await onTestClock(() => run(users));
    expect(new Set(actions(first))).toEqual(new Set(['done create']));
    expect(writes()).toHaveLength(1000);
    expect(twilio.sandbox.user('user1000')).toMatchObject({
      email: 'user1000@example.com',
      full_name: 'Name of user1000',
      roles: ['agent'],
    });

    const second = await onTestClock(() => run(users));
    expect(new Set(actions(second))).toEqual(new Set(['done unchanged']));
    expect(writes()).toHaveLength(1000);
  });

  it('is planned without a change, in the order of the file', async () => {
    await run([user('ana'), user('ben'), user('cleo', { roles: ['agent', 'admin'] })]);
    const before = writes().length;
    const results = await run(
      [
        user('dan'),
        user('cleo', { roles: ['admin', 'agent'] }),
        user('ben', { fullName: 'Ben Brown', roles: ['supervisor'] }),
        user('ana', { email: 'ana@example.org' }),
      ],
      { apply: false },
    );
    expect(actions(results)).toEqual(['planned create', 'planned unchanged', 'planned change', 'planned change']);
    expect(results[2]?.step?.changes).toEqual([
      { field: 'full_name', from: 'Name of ben', to: 'Ben Brown' },
      { field: 'roles', from: ['agent'], to: ['supervisor'] },
    ]);
    expect(results[3]?.step?.changes).toEqual([{ field: 'email', from: 'ana@example.com', to: 'ana@example.org' }]);
    expect(writes()).toHaveLength(before);
  });

  it('is brought up to date: only users who differ are written', async () => {
    await run([user('ana'), user('ben')]);
    const before = writes().length;
    const results = await run([user('ana'), user('ben', { roles: ['supervisor'] })]);
    expect(actions(results)).toEqual(['done unchanged', 'done change']);
    expect(
      writes()
        .slice(before)
        .map(({ json }) => json),
    ).toEqual([
      { username: 'ben', email: 'ben@example.com', full_name: 'Name of ben', roles: ['supervisor'], worker: {} },
    ]);
  });
});

describe('attributes of existing users', () => {
  const attributes = { language: 'english' };
  beforeEach(() => run([user('ana', { workerAttributes: attributes })]));

  it('are not compared, and not sent if nothing else changes', async () => {
    const before = writes().length;
    const results = await run([user('ana', { workerAttributes: { language: 'german' } })]);
    expect(results[0]?.step).toEqual({ action: 'unchanged', changes: [], notCompared: ['attributes'] });
    expect(writes()).toHaveLength(before);
  });

  it('are sent along with another change', async () => {
    const results = await run([user('ana', { roles: ['admin'], workerAttributes: { language: 'german' } })]);
    expect(results[0]?.step?.changes.map(({ field }) => field)).toEqual(['roles', 'attributes']);
    expect(twilio.sandbox.user('ana')?.worker_attributes).toEqual({ language: 'german' });
  });

  it('are sent to all with --attributes, but not to users whose row has none', async () => {
    await run([user('ben')]);
    const results = await run([user('ana', { workerAttributes: { language: 'german' } }), user('ben')], {
      attributes: true,
    });
    expect(actions(results)).toEqual(['done change', 'done unchanged']);
    expect(twilio.sandbox.user('ana')?.worker_attributes).toEqual({ language: 'german' });
  });
});

describe('a user that fails', () => {
  it('is reported with the reason, and the others are done', async () => {
    const users = usersNamed('user', 30);
    const username = 'user17';
    twilio.sandbox.fault({ host: 'flex-api', path: new RegExp(`Username=${username}$`), status: 500 });
    const results = await run(users);
    expect(refused(results)).toMatchObject([
      {
        member: { line: 18, user: { username } },
        error: { code: 'upstream_error', options: { upstream: { status: 500 } } },
      },
    ]);
    expect(writes()).toHaveLength(29);

    twilio.sandbox.reset();
    expect(actions(await run([user(username)]))).toEqual(['done create']);
  });

  it('does not stop the others if Twilio refuses its values', async () => {
    twilio.sandbox.fault({ host: 'flex-api', method: 'POST', path: /Provision/, times: 1, status: 400 });
    const results = await run(usersNamed('user', 3));
    expect(refused(results)).toMatchObject([{ error: { code: 'invalid_request' }, step: { action: 'create' } }]);
    expect(writes()).toHaveLength(3);
  });

  it.each(['plan', 'apply'])('is one that is deactivated (%s): and is not reactivated', async (mode) => {
    await run([user('ana'), user('ben')]);
    const { flexUserSid = '' } = twilio.sandbox.user('ana') ?? {};
    await fetch(`https://flex-api.twilio.com/v4/Instances/${twilio.sandbox.instanceSid}/Users/Deprovision`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Authorization: `Basic ${Buffer.from(`${twilio.sandbox.accountSid}:${twilio.sandbox.authToken}`).toString('base64')}`,
      },
      body: JSON.stringify({ flex_user_sid: flexUserSid }),
    });
    const before = writes().length;
    const results = await run([user('ana', { roles: ['admin'] }), user('ben')], { apply: mode === 'apply' });
    expect(refused(results)).toMatchObject([{ member: { line: 2 }, error: { code: 'user_deactivated' } }]);
    expect(writes()).toHaveLength(before);
    expect(twilio.sandbox.user('ana')).toMatchObject({ deactivated: true, roles: ['agent'] });
  });

  it.each(['plan', 'apply'])('is one that Twilio has in other letters (%s): it may be deactivated', async (mode) => {
    await run([user('ana')]);
    const record = { ...twilio.sandbox.user('ana'), flex_user_sid: twilio.sandbox.user('ana')?.flexUserSid };
    twilio.sandbox.fault({ host: 'flex-api', path: /Username=ANA$/, status: 200, body: { users: [record] } });
    const before = writes().length;
    const results = await run([user('ANA', { roles: ['admin'] })], { apply: mode === 'apply' });
    expect(refused(results)).toMatchObject([
      { error: { code: 'invalid_request', message: 'Twilio has this user as "ana". Write the name like that.' } },
    ]);
    expect(writes()).toHaveLength(before);
  });

  it('is one that Twilio lists without a record: and nothing is created', async () => {
    await run([user('ana')]);
    const before = writes().length;
    twilio.sandbox.fault({ host: 'flex-api', method: 'GET', path: /\/Users\/FU/, status: 404 });
    expect(refused(await run([user('ana', { roles: ['admin'] })]))).toMatchObject([
      { error: { code: 'user_not_found' } },
    ]);
    expect(writes()).toHaveLength(before);
  });

  it('ends the run if many in a row fail at Twilio', async () => {
    twilio.sandbox.fault({ host: 'flex-api', status: 401 });
    const results = await run(usersNamed('user', 200));
    const requests = twilio.sandbox.requestsTo('flex-api').length;
    expect(requests).toBeGreaterThanOrEqual(20);
    expect(requests).toBeLessThan(50);
    expect(results.at(-1)).toMatchObject({ outcome: 'left' });
  });
});

describe('a run that is interrupted', () => {
  it('finishes the requests in flight, leaves the rest, and a second run does only what is left', async () => {
    const users = usersNamed('user', 200);
    let counted = 0;
    const first = await run(users, {
      onResult: (_, end) => {
        counted += 1;
        if (counted === 50) end.abort();
      },
    });
    const done = first.filter(({ outcome }) => outcome === 'done').length;
    const written = writes().length;
    expect(done).toBeGreaterThanOrEqual(50);
    expect(done).toBeLessThan(100);
    expect(written).toBe(done);
    expect(first.filter(({ outcome }) => outcome === 'left')).toHaveLength(200 - done);

    const second = await run(users);
    expect(actions(second).filter((action) => action === 'done create')).toHaveLength(200 - done);
    expect(actions(second).filter((action) => action === 'done unchanged')).toHaveLength(done);
    expect(writes()).toHaveLength(200);
  });

  it('does not wait for a Retry-After', async () => {
    twilio.sandbox.fault({ host: 'flex-api', status: 429, retryAfter: 3600 });
    const end = new AbortController();
    const flex = new FlexUsersApi(
      readSettings(twilio.settings),
      new PacedCall(new Pace(end.signal, () => end.abort())),
    );
    const work = { members: membersOf(usersNamed('user', 20)), apply: true, attributes: false };
    const results = await runTeam(flex, { ...work, onResult: () => {}, giveUp: () => {} });
    expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['left']));
  });
});

describe('a Twilio that responds with 429', () => {
  it('gets fewer requests, and no user is lost', async () => {
    twilio.sandbox.limitRequests(60);
    const users = usersNamed('user', 100);
    const startMs = performance.now();
    const results = await run(users);
    const seconds = (performance.now() - startMs) / 1000;
    expect(new Set(actions(results))).toEqual(new Set(['done create']));
    expect(users.filter(({ username }) => !twilio.sandbox.user(username))).toEqual([]);
    // 200 requests are needed, and 60 fit into the first second.
    expect(twilio.sandbox.requestsTo('flex-api').length).toBeLessThan(200 + 40);
    expect(seconds).toBeGreaterThan(2);
  });

  it('is given as long as Retry-After says, by all requests', async () => {
    twilio.sandbox.fault({ host: 'flex-api', method: 'POST', times: 1, status: 429, retryAfter: 2 });
    const results = await run(usersNamed('user', 30));
    expect(new Set(actions(results))).toEqual(new Set(['done create']));
    const requests = twilio.sandbox.requestsTo('flex-api');
    const refusedAtMs = requests.find(({ method }) => method === 'POST')?.atMs ?? Number.NaN;
    const meanwhile = requests.filter(({ atMs }) => atMs > refusedAtMs && atMs < refusedAtMs + 1900);
    // Those that were under way, of about 60. On a slow machine, they arrive late.
    expect(meanwhile.length).toBeLessThan(20);
  });

  it('is given time without a Retry-After too: more each time', async () => {
    twilio.sandbox.fault({ host: 'flex-api', times: 3, status: 429 });
    expect(actions(await run([user('ana')]))).toEqual(['done create']);
    const times = twilio.sandbox.requestsTo('flex-api').map(({ atMs }) => atMs);
    const [first = 0, second = 0, third = 0] = times.slice(1).map((atMs, index) => atMs - (times[index] ?? atMs));
    expect(first).toBeGreaterThanOrEqual(490);
    expect(second).toBeGreaterThanOrEqual(990);
    expect(third).toBeGreaterThanOrEqual(1990);
  });

  it('never has more than eight requests at the same time', async () => {
    let inFlight = 0;
    let most = 0;
    const pace = new Pace(new AbortController().signal);
    const response = { status: 200, text: '', requestId: undefined, retryAfter: undefined };
    await Promise.all(
      Array.from({ length: 50 }, () =>
        pace.run(async () => {
          inFlight += 1;
          most = Math.max(most, inFlight);
          await new Promise(setImmediate);
          inFlight -= 1;
          return response;
        }),
      ),
    );
    expect(most).toBe(8);
  });
});

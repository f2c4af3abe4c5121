import { ACCOUNT_SID, CALLER, FLEX_TOKEN, INSTANCE_SID, UNLISTED_STATUS_USER, USER } from './account';

interface UpstreamReply {
  readonly status: number;
  readonly body?: object;
}

const DATE = '2025-03-25T15:09:41Z';

/** Twilio's responses to the Functions' calls, with bodies of the usual size. Checks and stores nothing. */
export function replyTo(method: string, path: string): UpstreamReply {
  const { pathname, searchParams } = new URL(path, 'https://flex-api.twilio.com');
  const [, resource, action] = /^\/v4\/Instances\/GO\w{32}\/Users(?:\/(\w+))?(?:\/(\w+))?$/.exec(pathname) ?? [];
  if (pathname.endsWith('/Tokens/validate')) return { status: 200, body: validation() };
  if (pathname === '/v1/Configuration') {
    return { status: 200, body: { account_sid: ACCOUNT_SID, flex_instance_sid: INSTANCE_SID, status: 'ok' } };
  }
  if (resource === 'Provision') return { status: 201, body: userBy(USER.flexUserSid) };
  if (resource === 'Deprovision') return { status: 204 };
  if (action === 'Tokens') return { status: 201, body: mintedFor(userBy(resource)) };
  if (resource !== undefined) return { status: 200, body: userBy(resource) };
  if (method === 'GET' && pathname.endsWith('/Users'))
    return { status: 200, body: listOf(searchParams.get('Username')) };
  return { status: 404, body: { code: 20404, message: 'The requested resource was not found', status: 404 } };
}

function validation() {
  return {
    valid: true,
    code: 0,
    message: null,
    expiration: new Date(Date.now() + 3_600_000).toISOString(),
    identity: 'admin_40example_2Ecom',
    realm_user_id: CALLER.username,
    roles: ['admin'],
    worker_sid: CALLER.flexUserSid.replace('FU', 'WK'),
    flex_instance_sid: INSTANCE_SID,
    flex_user_sid: CALLER.flexUserSid,
  };
}

const userBy = (flexUserSid: string | undefined) =>
  recordOf([CALLER, USER, UNLISTED_STATUS_USER].find((user) => user.flexUserSid === flexUserSid) ?? USER);

const recordOf = ({ flexUserSid, username }: typeof USER) => ({
  account_sid: ACCOUNT_SID,
  created_date: DATE,
  deactivated: false,
  deactivated_date: null,
  email: username,
  flex_team_sid: null,
  flex_user_sid: flexUserSid,
  full_name: 'Example Agent',
  instance_sid: INSTANCE_SID,
  locale: null,
  roles: ['agent'],
  teams: { team_member: null, team_owner: null },
  updated_date: DATE,
  username,
  version: 1,
  worker: { worker_sid: flexUserSid.replace('FU', 'WK'), workspace_sid: flexUserSid.replace('FU', 'WS') },
});

function listOf(username: string | null) {
  const user = username === UNLISTED_STATUS_USER.username ? UNLISTED_STATUS_USER : USER;
  const { deactivated, ...item } = recordOf(user);
  const users = [user === USER ? { ...item, deactivated } : item];
  return { account_sid: ACCOUNT_SID, instance_sid: INSTANCE_SID, meta: { list_key: 'users', page_size: 1 }, users };
}

const mintedFor = (user: ReturnType<typeof recordOf>) => ({
  access_token: FLEX_TOKEN,
  token_info: {
    account_sid: ACCOUNT_SID,
    expiration: new Date(Date.now() + 3_600_000).toISOString(),
    flex_instance_sid: INSTANCE_SID,
    flex_user_sid: user.flex_user_sid,
    identity: 'agent_40example_2Ecom',
    permissions: [],
    roles: user.roles,
    username: user.username,
  },
});

import { Hono } from 'hono';
import type { SandboxEnv, Twilio } from '../env';
import { PERMISSIONS } from '../state/tokens';
import type { SandboxUser } from '../state/users';
import { accountOnly, accountOrFlexToken } from './basic-auth';
import { parseFlexUserSid, parseProvisioning, parseTtlSeconds } from './flex-api-input';
import { InvalidParameter, refuse } from './twilio-error';

/**
 * flex-api.twilio.com: the Flex Users API v4, and the two calls of v1 that sign-in needs.
 *
 * @see https://www.twilio.com/docs/flex/developer/user-management/flex-users-api
 * @see https://www.twilio.com/docs/flex/developer/user-management/flex-token-api
 */
export function flexApi(twilio: Twilio): Hono<SandboxEnv> {
  const { account, users, tokens } = twilio;
  const app = new Hono<SandboxEnv>();

  app.onError((error, c) => {
    if (error instanceof InvalidParameter) return refuse(c, 400, error.message);
    throw error;
  });

  app.use('/v4/*', accountOnly(twilio));
  app.use('/v4/Instances/:instanceSid/*', async (c, next) => {
    return c.req.param('instanceSid') === account.instanceSid ? next() : refuse(c, 404);
  });

  app.post('/v4/Instances/:instanceSid/Users/Provision', (c) => {
    const { user, created } = users.provision(parseProvisioning(c.get('asked').json));
    return c.json(recordOf(user), created ? 201 : 200);
  });

  app.post('/v4/Instances/:instanceSid/Users/Deprovision', (c) => {
    const flexUserSid = parseFlexUserSid(c.get('asked').json);
    const { status, onCall } = users.deprovisioning;
    if (onCall.includes(users.bySid(flexUserSid)?.username ?? '')) {
      return refuse(c, 400, 'Cannot delete a worker with active reservations');
    }
    if (!users.deprovision(flexUserSid)) return refuse(c, 404);
    return status === 204 ? c.body(null, 204) : c.json({ flex_user_sid: flexUserSid }, status);
  });

  app.get('/v4/Instances/:instanceSid/Users', (c) => {
    const username = c.req.query('Username');
    const found = users.all().filter((user) => username === undefined || user.username === username);
    return c.json({
      account_sid: account.accountSid,
      instance_sid: account.instanceSid,
      meta: { direct_token: true, list_key: 'users', next_token: null, page_size: 1, previous_token: null },
      users: found.map(listItemOf),
    });
  });

  app.get('/v4/Instances/:instanceSid/Users/:flexUserSid', (c) => {
    const user = users.bySid(c.req.param('flexUserSid'));
    return user === undefined ? refuse(c, 404) : c.json(recordOf(user));
  });

  app.post('/v4/Instances/:instanceSid/Users/:flexUserSid/Tokens', async (c) => {
    const user = users.bySid(c.req.param('flexUserSid'));
    if (user === undefined) return refuse(c, 404);
    const { body, json } = c.get('asked');
    const ttlSeconds = parseTtlSeconds(body === '' ? {} : json);
    if (user.deactivated) return refuse(c, 403, 'The user is deactivated');
    return c.json(await tokens.mint(user, ttlSeconds), 201);
  });

  app.get('/v1/Configuration', accountOrFlexToken(twilio), (c) => {
    return c.json({
      account_sid: account.accountSid,
      flex_instance_sid: account.instanceSid,
      taskrouter_workspace_sid: account.workspaceSid,
      service_version: null,
      status: 'ok',
      ui_version: '~2',
      url: 'https://flex-api.twilio.com/v1/Configuration',
    });
  });

  // @twilio/flex-sdk validates its token here. The token must belong to the account in the path.
  app.post('/v1/Accounts/:accountSid/Tokens/Info', accountOrFlexToken(twilio), async (c) => {
    const inspection = await tokens.inspect(new URLSearchParams(c.get('asked').body).get('Token'));
    if (!inspection.genuine || c.req.param('accountSid') !== account.accountSid) return refuse(c, 401);
    const { valid: _valid, code: _code, message: _message, ...claims } = inspection.claims;
    return c.json({
      ...claims,
      account_sid: account.accountSid,
      name_id: claims.realm_user_id ?? null,
      permissions: PERMISSIONS,
    });
  });

  /** The fields that an item of the list and the record of a user share. */
  function commonFieldsOf(user: SandboxUser) {
    return {
      account_sid: account.accountSid,
      created_date: user.created_date,
      email: user.email,
      flex_team_sid: account.teamSid,
      flex_user_sid: user.flexUserSid,
      full_name: user.full_name,
      instance_sid: account.instanceSid,
      locale: null,
      roles: user.roles,
      updated_date: user.updated_date,
      username: user.username,
      version: user.version,
    };
  }

  function recordOf(user: SandboxUser) {
    return {
      ...commonFieldsOf(user),
      deactivated: user.deactivated,
      deactivated_date: user.deactivated_date,
      teams: { team_member: null, team_owner: null },
      worker: { worker_sid: user.worker_sid, workspace_sid: account.workspaceSid },
    };
  }

  /** An item of the list: without `deactivated`, and without `worker_sid` if the user has no worker. */
  function listItemOf(user: SandboxUser) {
    return {
      ...commonFieldsOf(user),
      user_sid: null,
      ...(user.worker_sid === null ? {} : { worker_sid: user.worker_sid }),
      workspace_sid: account.workspaceSid,
    };
  }

  return app;
}

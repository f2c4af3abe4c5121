import { createHash, randomBytes } from 'node:crypto';
import { newSid } from './sids';

/** The account of a sandbox and its secrets. Random, so that nothing can rely on a fixed value. */
export interface Account {
  accountSid: string;
  authToken: string;
  apiKeySid: string;
  apiKeySecret: string;
  instanceSid: string;
  workspaceSid: string;
  teamSid: string;
  /** The account's single sign-on: its profile, which is also the name of the connection, and its OAuth client. */
  ssoProfileSid: string;
  clientId: string;
}

export function newAccount(): Account {
  return {
    accountSid: newSid('AC'),
    authToken: randomBytes(16).toString('hex'),
    apiKeySid: newSid('SK'),
    apiKeySecret: randomBytes(24).toString('base64url'),
    instanceSid: newSid('GO'),
    workspaceSid: newSid('WS'),
    teamSid: newSid('QO'),
    ssoProfileSid: newSid('JQ'),
    clientId: randomBytes(24).toString('base64url'),
  };
}

/** Creates a backend key with every scope, and the `BACKEND_KEYS` setting that lists its hash. */
export function newBackendKey(): { backendKey: string; backendKeys: string } {
  const backendKey = `fbk_sandbox.${randomBytes(32).toString('base64url')}`;
  const hash = createHash('sha256').update(backendKey).digest('hex');
  return { backendKey, backendKeys: `sandbox:provision+lookup+mint+deprovision:${hash}` };
}

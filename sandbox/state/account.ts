import { createHash, randomBytes } from 'node:crypto';
import { newSid } from './sids';

/** Who owns everything in a sandbox, and the secrets that prove it. Random, so that nothing can rely on a fixed value. */
export interface Account {
  accountSid: string;
  authToken: string;
  apiKeySid: string;
  apiKeySecret: string;
  instanceSid: string;
  workspaceSid: string;
  teamSid: string;
  /** What the account's single sign-on is known by: its profile, which is its connection's name, and its OAuth client. */
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

/** A backend key with every scope, and the `BACKEND_KEYS` setting that lists it by its hash. */
export function newBackendKey(): { backendKey: string; backendKeys: string } {
  const backendKey = `fbk_sandbox.${randomBytes(32).toString('base64url')}`;
  const hash = createHash('sha256').update(backendKey).digest('hex');
  return { backendKey, backendKeys: `sandbox:provision+lookup+mint+deprovision:${hash}` };
}

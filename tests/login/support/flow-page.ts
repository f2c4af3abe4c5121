import type { Configuration } from '../../../src/login/account/configuration';
import type { PageSettings } from '../../../src/login/account/page-settings';
import type { Failure } from '../../../src/login/failures/failure';
import { createFlow } from '../../../src/login/flow';
import type { FlowEdges } from '../../../src/login/flow-edges';
import type { ClientPart } from '../../../src/login/session/client-part';
import { resumeSession } from '../../../src/login/session/resume';
import { unshared } from '../../../src/login/session/sharing';
import { manualTime, memoryStore } from './memory';
import { ACCOUNT_SID } from './service';

const SETTINGS: PageSettings = { accountSid: ACCOUNT_SID, telemetry: false, logLevel: 'error' };
export const INFO = { identity: 'ada', roles: ['agent'], dateExpired: '2030-01-01T13:00:00Z', accountSid: ACCOUNT_SID };
export const LIVE_SESSION = {
  accessToken: 'access',
  refreshToken: 'refresh',
  expiresAt: '2030-01-01T13:00:00Z',
  identity: 'ada',
  roles: ['agent'],
  accountSid: ACCOUNT_SID,
  ssoProfileSid: 'JB1',
};

/** A page without a browser: every edge records its calls. */
export function page(address = '', stored: Record<string, unknown> = {}, opener: FlowEdges<string>['opener'] = null) {
  const time = manualTime();
  const said: string[] = [];
  const failures: Failure[] = [];
  const left: string[] = [];
  const kept: unknown[] = [];
  const configuration: Configuration = {
    settings: async () => SETTINGS,
    connection: async () => ({ clientId: 'client', ssoProfileSid: 'JB1' }),
    allowedOrigins: async () => ['https://app.example.com'],
  };
  const sdk = {
    getLoginDetails: jest.fn(() => ({
      loginUrl: 'https://services.twilio.com/login',
      nonce: 'n',
      codeChallenge: 'c',
      codeVerifier: 'v',
      state: 's',
    })),
    exchangeToken: jest.fn(async (): Promise<unknown> => ({ accessToken: 'access', refreshToken: 'refresh' })),
    refreshToken: jest.fn(async (): Promise<unknown> => ({ accessToken: 'access2', refreshToken: 'refresh2' })),
    validateToken: jest.fn(async (): Promise<unknown> => INFO),
  };
  const edges: FlowEdges<string> = {
    sdk,
    configuration,
    timers: time,
    now: time.now,
    deviceNow: time.now,
    syncTime: async () => {},
    storage: memoryStore(stored),
    url: new URL(`https://login.example/login.html${address}`),
    opener,
    view: {
      progress: (step) => said.push(step),
      waiting: () => said.push('waiting'),
      failed: (failure, session) => {
        failures.push(failure);
        said.push(`failed: ${failure.kind}`);
        kept.push(session);
      },
      signedIn: () => said.push('signed in'),
      handedOver: () => said.push('handed over'),
      warn: (failure) => said.push(`warning: ${failure.kind}`),
    },
    replaceUrl: jest.fn(),
    leave: (url) => left.push(url),
    fetchAhead: jest.fn(),
    closeWindow: jest.fn(),
    announce: jest.fn(),
    loadClientPart: async () => clientPart(),
  };
  /** The real client part, apart from its client. */
  const clientPart = (changes: Partial<ClientPart<string>> = {}): ClientPart<string> => ({
    startAhead: () => () => {},
    startSession: async (_, session) => ({ client: 'client', session, signOutElsewhere() {}, stop: jest.fn() }),
    resumeSession: (tools, held, steps) => resumeSession({ ...tools, sdk, sharing: unshared }, held, steps),
    signOut: async () => {},
    signInAgain: async () => {},
    ...changes,
  });
  return { ...edges, sdk, clientPart, time, said, left, kept, failures, flow: createFlow(edges) };
}

export const pending = (changes: object = {}) => ({
  'flex-auth:login': {
    loginUrl: 'l',
    nonce: 'n',
    codeChallenge: 'c',
    codeVerifier: 'v',
    state: 's',
    clientId: 'client',
    ssoProfileSid: 'JB1',
    startedAt: manualTime().now() - 1000,
    ...changes,
  },
});

export async function noResponse(): Promise<never> {
  throw Object.assign(new Error('Network error (48924)'), { code: 48924 });
}

/** A response that arrives when the test says so. */
export function later<T>() {
  let come = (_: T) => {};
  let fail = (_: Error) => {};
  const promise = new Promise<T>((resolve, reject) => {
    [come, fail] = [resolve, reject];
  });
  return { promise, come, fail };
}

export async function refusal(): Promise<never> {
  throw Object.assign(new Error('no'), { code: 20101 });
}

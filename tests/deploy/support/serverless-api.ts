import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { parseBasic } from '../../../sandbox/hosts/basic-auth';
import { twilioError } from '../../../sandbox/hosts/twilio-error';
import { newSid } from '../../../sandbox/state/sids';
import { type Build, fieldsOf, type Kind, parseBuild, parseVersion, Refusal, type Version } from './uploads';

/** A service as the platform holds it after a deploy. */
export interface DeployedService {
  readonly sid: string;
  readonly uniqueName: string;
  /** Whether the platform adds ACCOUNT_SID and AUTH_TOKEN to the `context` of a Function. */
  readonly includeCredentials: boolean;
  readonly domainName: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly runtime: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly functions: readonly Version[];
  readonly assets: readonly Version[];
}

/** A local stand-in for Twilio's Serverless API: the requests of a deploy, and what the platform refuses. */
export interface ServerlessApi {
  readonly port: number;
  /** The requests, as `POST serverless.twilio.com/v1/Services`. */
  readonly requests: string[];
  /** The services that have a build deployed. */
  deployed(): DeployedService[];
  /** The next build ends as one does whose dependencies cannot be installed. */
  failNextBuild(): void;
  close(): Promise<void>;
}

interface ServerlessService {
  readonly sid: string;
  readonly uniqueName: string;
  readonly includeCredentials: boolean;
  readonly resources: Record<Kind, Map<string, string>>;
  readonly versions: Record<Kind, Map<string, Version>>;
  readonly builds: Map<string, Build & { readonly status: 'completed' | 'failed' }>;
  readonly environments: Map<string, ServerlessEnvironment>;
}

interface ServerlessEnvironment {
  readonly sid: string;
  readonly uniqueName: string;
  readonly domainSuffix: string | null;
  readonly domainName: string;
  readonly variables: Map<string, { key: string; value: string }>;
  build?: Build;
}

const RESOURCES = '/serverless.twilio.com/v1/Services/:service';
const UPLOADS = '/serverless-upload.twilio.com/v1/Services/:service';

export async function startServerlessApi(accountSid: string, authToken: string): Promise<ServerlessApi> {
  const services = new Map<string, ServerlessService>();
  const requests: string[] = [];
  let shouldNextBuildFail = false;

  const app = new Hono({ getPath: (request) => `/${new URL(request.url).hostname}${new URL(request.url).pathname}` });
  app.use(async (c, next) => {
    requests.push(`${c.req.method} ${c.req.path.slice(1)}`);
    const shown = parseBasic(c.req.header('authorization'));
    if (shown?.user !== accountSid || shown.password !== authToken) throw new Refusal(401);
    await next();
  });

  const serviceOf = (c: Context) => found(services, c.req.param('service'));
  const environmentOf = (c: Context) => found(serviceOf(c).environments, c.req.param('environment'));

  app.get('/serverless.twilio.com/v1/Services', (c) =>
    c.json(page('services', [...services.values()].map(serviceBody))),
  );
  app.post('/serverless.twilio.com/v1/Services', async (c) => {
    const { UniqueName = '', FriendlyName, IncludeCredentials } = await fieldsOf(c);
    if (!/^[\w-]{1,50}$/.test(UniqueName) || !FriendlyName) throw new Refusal(400, 'Invalid service name');
    if ([...services.values()].some(({ uniqueName }) => uniqueName === UniqueName)) {
      throw new Refusal(409, `Service with unique name ${UniqueName} already exists`);
    }
    const service: ServerlessService = {
      sid: newSid('ZS'),
      uniqueName: UniqueName,
      includeCredentials: IncludeCredentials !== 'false',
      resources: { Functions: new Map(), Assets: new Map() },
      versions: { Functions: new Map(), Assets: new Map() },
      builds: new Map(),
      environments: new Map(),
    };
    services.set(service.sid, service);
    return c.json(serviceBody(service), 201);
  });
  app.get(RESOURCES, (c) => c.json(serviceBody(serviceOf(c))));

  app.get(`${RESOURCES}/Environments`, (c) =>
    c.json(page('environments', [...serviceOf(c).environments.values()].map(environmentBody))),
  );
  app.post(`${RESOURCES}/Environments`, async (c) => {
    const { uniqueName, environments } = serviceOf(c);
    const { UniqueName = '', DomainSuffix } = await fieldsOf(c);
    const suffix = DomainSuffix === undefined ? '' : `-${DomainSuffix}`;
    const environment: ServerlessEnvironment = {
      sid: newSid('ZE'),
      uniqueName: UniqueName,
      domainSuffix: DomainSuffix ?? null,
      domainName: `${uniqueName}-1234${suffix}.twil.io`,
      variables: new Map(),
    };
    environments.set(environment.sid, environment);
    return c.json(environmentBody(environment), 201);
  });
  app.get(`${RESOURCES}/Environments/:environment`, (c) => c.json(environmentBody(environmentOf(c))));

  app.get(`${RESOURCES}/Environments/:environment/Variables`, (c) =>
    c.json(
      page(
        'variables',
        [...environmentOf(c).variables].map(([sid, variable]) => ({ sid, ...variable })),
      ),
    ),
  );
  app.post(`${RESOURCES}/Environments/:environment/Variables/:variable?`, async (c) => {
    const { variables } = environmentOf(c);
    const { Key: key = '', Value: value = '' } = await fieldsOf(c);
    if (!/^[A-Za-z]\w{0,127}$/.test(key) || value === '') throw new Refusal(400, 'Invalid variable');
    if (Buffer.byteLength(value) > 450) throw new Refusal(400, `Value of ${key} is longer than 450 bytes`);
    const known = c.req.param('variable');
    if (known !== undefined) found(variables, known);
    else if ([...variables.values()].some((variable) => variable.key === key)) throw new Refusal(409);
    const sid = known ?? newSid('ZV');
    variables.set(sid, { key, value });
    return c.json({ sid, key, value }, known === undefined ? 201 : 200);
  });
  app.delete(`${RESOURCES}/Environments/:environment/Variables/:variable`, (c) => {
    const { variables } = environmentOf(c);
    found(variables, c.req.param('variable'));
    variables.delete(c.req.param('variable'));
    return c.body(null, 204);
  });

  for (const [kind, key, prefix] of [
    ['Functions', 'functions', 'ZH'],
    ['Assets', 'assets', 'ZI'],
  ] as const) {
    app.get(`${RESOURCES}/${kind}`, (c) =>
      c.json(
        page(
          key,
          [...serviceOf(c).resources[kind]].map(([sid, friendly_name]) => ({ sid, friendly_name })),
        ),
      ),
    );
    app.post(`${RESOURCES}/${kind}`, async (c) => {
      const { FriendlyName = '' } = await fieldsOf(c);
      const sid = newSid(prefix);
      serviceOf(c).resources[kind].set(sid, FriendlyName);
      return c.json({ sid, friendly_name: FriendlyName }, 201);
    });
    app.post(`${UPLOADS}/${kind}/:resource/Versions`, async (c) => {
      const { resources, versions } = serviceOf(c);
      found(resources[kind], c.req.param('resource'));
      const version = await parseVersion(c);
      const sid = newSid('ZN');
      versions[kind].set(sid, version);
      return c.json({ sid, path: version.path, visibility: version.visibility }, 201);
    });
  }

  app.post(`${RESOURCES}/Builds`, async (c) => {
    const { versions, builds } = serviceOf(c);
    const sid = newSid('ZB');
    const build = await parseBuild(c, (kind, version) => found(versions[kind], version));
    builds.set(sid, { ...build, status: shouldNextBuildFail ? 'failed' : 'completed' });
    shouldNextBuildFail = false;
    return c.json({ sid, status: 'building', runtime: build.runtime }, 201);
  });
  app.get(`${RESOURCES}/Builds/:build/Status`, (c) => {
    const { status } = found(serviceOf(c).builds, c.req.param('build'));
    return c.json({ status });
  });
  app.post(`${RESOURCES}/Environments/:environment/Deployments`, async (c) => {
    const build = found(serviceOf(c).builds, (await fieldsOf(c)).BuildSid);
    if (build.status !== 'completed') throw new Refusal(400, 'The build is not completed');
    environmentOf(c).build = build;
    return c.json({ sid: newSid('ZD') }, 201);
  });

  app.notFound((c) => c.json(twilioError(404), 404));
  app.onError((error, c) => {
    if (!(error instanceof Refusal)) throw error;
    return c.json(twilioError(error.status, error.message || undefined), error.status);
  });

  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    deployed: () => [...services.values()].flatMap(deploymentsOf),
    failNextBuild: () => {
      shouldNextBuildFail = true;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function found<T>(things: ReadonlyMap<string, T>, sid: string | undefined): T {
  const thing = things.get(sid ?? '');
  if (thing === undefined) throw new Refusal(404);
  return thing;
}

const page = (key: string, entries: object[]) => ({ [key]: entries, meta: { key, next_page_url: null } });

const serviceBody = ({ sid, uniqueName }: ServerlessService) => ({
  sid,
  unique_name: uniqueName,
  friendly_name: uniqueName,
});

const environmentBody = ({ sid, uniqueName, domainSuffix, domainName }: ServerlessEnvironment) => ({
  sid,
  unique_name: uniqueName,
  domain_suffix: domainSuffix,
  domain_name: domainName,
});

const deploymentsOf = ({ sid, uniqueName, includeCredentials, environments }: ServerlessService): DeployedService[] =>
  [...environments.values()].flatMap(({ domainName, variables, build }) => {
    if (build === undefined) return [];
    const settings = Object.fromEntries([...variables.values()].map(({ key, value }) => [key, value]));
    return [{ sid, uniqueName, includeCredentials, domainName, variables: settings, ...build }];
  });

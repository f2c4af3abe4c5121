import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import * as v from 'valibot';

export type Kind = 'Functions' | 'Assets';

/** A file as it was uploaded. */
export interface Version {
  readonly path: string;
  readonly visibility: string;
  readonly contentType: string;
  readonly content: string;
}

export interface Build {
  readonly runtime: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly functions: readonly Version[];
  readonly assets: readonly Version[];
}

/** Refused by the platform with Twilio's error body for that status. */
export class Refusal extends Error {
  constructor(
    readonly status: ContentfulStatusCode,
    message = '',
  ) {
    super(message);
  }
}

const RUNTIMES = ['node20', 'node22'];
const LARGEST_BYTES = 25_000_000;

const Dependencies = v.array(v.object({ name: v.string(), version: v.string() }));

/** The fields of a form that stand in it once. */
export async function fieldsOf(c: Context): Promise<Readonly<Record<string, string | undefined>>> {
  return Object.fromEntries(new URLSearchParams(await c.req.text()));
}

/** @throws {Refusal} if the platform does not accept such a file */
export async function parseVersion(c: Context): Promise<Version> {
  const { Path: path, Visibility: visibility, Content: content } = await c.req.parseBody();
  if (typeof path !== 'string' || !/^\/[^#;,?:@+&$()' "]{1,254}$/.test(path)) throw new Refusal(400, 'Invalid path');
  if (visibility !== 'public' && visibility !== 'protected' && visibility !== 'private') {
    throw new Refusal(400, 'Invalid visibility');
  }
  if (!(content instanceof File) || content.size > LARGEST_BYTES) throw new Refusal(400, 'Invalid content');
  return { path, visibility, contentType: content.type, content: await content.text() };
}

/** @throws {Refusal} if the platform would build nothing of it */
export async function parseBuild(c: Context, versionOf: (kind: Kind, sid: string) => Version): Promise<Build> {
  const form = new URLSearchParams(await c.req.text());
  const runtime = form.get('Runtime') ?? '';
  if (!RUNTIMES.includes(runtime)) throw new Refusal(400, `Runtime ${runtime} is not supported`);
  const dependencies = parseDependencies(form.get('Dependencies') ?? '[]');
  // Its newer version is npm's latest, but the platform does not take it.
  const handler = dependencies['@twilio/runtime-handler'];
  if (handler !== '2.0.3') throw new Refusal(400, `@twilio/runtime-handler ${handler} is not a supported version`);
  const functions = form.getAll('FunctionVersions').map((sid) => versionOf('Functions', sid));
  const assets = form.getAll('AssetVersions').map((sid) => versionOf('Assets', sid));
  const paths = [...functions, ...assets].map(({ path }) => path);
  if (new Set(paths).size !== paths.length) throw new Refusal(400, 'Two files have the same path');
  return { runtime, dependencies, functions, assets };
}

/** The list is in quotation marks, as Twilio's tools send it. */
function parseDependencies(text: string): Record<string, string> {
  const list = v.parse(Dependencies, JSON.parse(text.replace(/^"(.*)"$/s, '$1')));
  return Object.fromEntries(list.map(({ name, version }) => [name, version]));
}

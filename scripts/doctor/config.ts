import * as v from 'valibot';
import { parseHostLabel } from '../../src/settings/host-label';
import { isAccountSid } from '../../src/settings/sids';
import { type Answer, ask, describe, type Edges, errorIn } from './ask';
import { type Finding, failed, ok } from './finding';

const hostLabel = v.optional(v.pipe(v.unknown(), v.transform(parseHostLabel), v.string()));

const ServiceConfigSchema = v.object({
  account_sid: v.pipe(v.string(), v.guard(isAccountSid)),
  allowed_origins: v.array(v.string()),
  // They lead to the host that is asked about the sign-in.
  region: hostLabel,
  edge: hostLabel,
  telemetry: v.boolean(),
  log_level: v.string(),
});

/** What the service says of itself. */
export type ServiceConfig = v.InferOutput<typeof ServiceConfigSchema>;

export interface ConfigCheck {
  readonly finding: Finding;
  readonly answer?: Answer;
  readonly config?: ServiceConfig;
}

/** `GET /config` answers, in its documented shape. */
export async function checkConfig(edges: Edges, service: string): Promise<ConfigCheck> {
  const answer = await ask(edges, `${service}/config`);
  const parsed = v.safeParse(ServiceConfigSchema, answer.json);
  if (answer.status === 200 && parsed.success) {
    const { account_sid, region, edge } = parsed.output;
    const place = [region && `region ${region}`, edge && `edge ${edge}`].filter(Boolean).map((words) => `, ${words}`);
    const config = parsed.output;
    return { finding: ok(`/config answers, for the account ${account_sid}${place.join('')}.`), answer, config };
  }
  return { finding: failed(`/config: ${whatElse(answer)}`), answer };
}

function whatElse(answer: Answer): string {
  const error = errorIn(answer);
  if (error?.code === 'misconfigured') return `${error.message} Mend that in .env, and deploy or start again.`;
  if (answer.status === 200 && answer.json !== undefined) {
    return 'answers with JSON that is not what this project answers. Is this the address of another service?';
  }
  return `${describe(answer)} where this service’s settings should be. Check the address, or \`npm run deploy\` again.`;
}

export const isMisconfigured = (answer: Answer): boolean => errorIn(answer)?.code === 'misconfigured';

import type { Variables } from '../../local/twilio-run';
import { parseOrigin } from '../../src/settings/origin';
import { readAllowedOrigins } from '../../src/settings/settings';
import type { Edges } from './ask';
import { lookUp } from './callers';
import { type Finding, failed, ok, quote, warning } from './finding';

/** Nobody's, and it says in the service's log where it comes from. */
const NOBODYS_ORIGIN = 'https://npm-run-doctor.invalid';

const LISTED = 'ALLOWED_ORIGINS';

/** Pages of this origin may read the service's answers, errors too. */
export async function checkOrigin(
  edges: Edges,
  service: string,
  origin: string,
  { variables, listed }: { variables: Variables; listed: readonly string[] },
): Promise<Finding> {
  if (origin === service) return ok(`Origin ${origin}: the service’s own, which need not be listed.`);
  if (parseOrigin(origin) !== origin) {
    return failed(
      `${LISTED} has ${quote(origin)}, which no browser calls itself: scheme, host and port, no path, no *.`,
    );
  }
  const allowed = await allowedBy(edges, service, origin);
  if (allowed !== origin && allowed !== '*') {
    const next = readAllowedOrigins(variables).includes(origin)
      ? `${LISTED} in .env has it, so deploy or start again.`
      : `Add it to ${LISTED} in .env, and deploy or start again.`;
    return failed(`Origin ${origin}: its pages cannot read the answers. ${next}`);
  }
  const how = listed.includes(origin) ? `listed in ${LISTED}` : `without being listed in ${LISTED}`;
  const { protocol, hostname } = new URL(origin);
  if (protocol === 'http:' && !['localhost', '127.0.0.1'].includes(hostname)) {
    return warning(
      `Origin ${origin}: its pages may read the answers (${how}), but come without TLS, so that anybody on the way can change them. Serve them by https.`,
    );
  }
  return ok(`Origin ${origin}: its pages may read the answers (${how}).`);
}

/** Pages of any other origin may not. */
export async function checkOtherOrigins(edges: Edges, service: string): Promise<Finding> {
  const allowed = await allowedBy(edges, service, NOBODYS_ORIGIN);
  if (allowed === null) return ok(`Other origins: pages that are not in ${LISTED} cannot read the answers.`);
  return failed(
    `Other origins: any page may read the answers (Access-Control-Allow-Origin: ${allowed}). This project never says so: look for a proxy before the service, or for other code in it.`,
  );
}

async function allowedBy(edges: Edges, service: string, origin: string): Promise<string | null> {
  const { headers } = await lookUp(edges, service, { Origin: origin });
  return headers.get('access-control-allow-origin');
}

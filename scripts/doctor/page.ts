import { type Answer, ask, describe, type Edges } from './ask';
import type { ServiceConfig } from './config';
import { type Finding, failed, ok } from './finding';

const AGAIN = 'Deploy again with `npm run deploy`, which builds the page first.';

/** `/login.html` and its scripts are served, and are made for the account of the service. */
export async function checkPage(
  edges: Edges,
  asked: Promise<Answer>,
  url: string,
  settings: Promise<ServiceConfig | undefined>,
): Promise<Finding> {
  const page = await asked;
  const accountSid = (await settings)?.account_sid;
  const scripts = [...page.text.matchAll(/<script\b[^>]*\bsrc="([^"]+)"/g)].map(([, source]) => source ?? '');
  if (page.status !== 200 || scripts.length === 0) {
    return failed(`/login.html: ${describe(page)} where the page should be. ${AGAIN}`);
  }
  for (const script of scripts) {
    const answer = await ask(edges, new URL(script, url).href);
    const isScript = /javascript/.test(answer.headers.get('content-type') ?? '');
    if (answer.status !== 200 || !isScript) {
      return failed(`/login.html is served, but its script ${script} is not: ${describe(answer)}. ${AGAIN}`);
    }
    const other = answer.text.match(/\bAC[0-9a-f]{32}\b/gi)?.find((sid) => sid !== accountSid);
    if (accountSid !== undefined && other !== undefined) {
      return failed(
        `/login.html was built for the account ${other}, but this service is ${accountSid}’s. Put its ACCOUNT_SID into .env, and deploy again.`,
      );
    }
  }
  return ok('/login.html and its script are served.');
}

/** The sandbox that plays Twilio for a page of `npm start`, which allows itself to ask it; on this machine alone. */
export function sandboxOf(page: Answer): string | undefined {
  return /connect-src 'self' (http:\/\/127\.0\.0\.1:\d+) https/.exec(page.text)?.[1];
}

import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { html, raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';

const STYLE = `
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
  body { margin: 0 auto; max-width: 26rem; padding: 1rem; }
  h1 { font-size: 1.5rem; line-height: 1.25; }
  form { display: grid; gap: 0.75rem; }
  button { border: 1px solid; border-radius: 0.5rem; cursor: pointer; font: inherit; min-height: 2.75rem; padding: 0.5rem 0.75rem; text-align: start; }
  button:focus-visible { outline: 3px solid; outline-offset: 2px; }
  button > * { display: block; }
`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** A person in the sign-in form. */
interface Choice {
  /** What the form sends. */
  id: string;
  full_name: string;
  username: string;
  roles: readonly string[];
}

/** The people in the sign-in form, and the URL that it posts to. */
export interface SignInChoices {
  /** Relative to the page. */
  action: string;
  users: readonly Choice[];
  redirectUrl: string;
}

/** The sign-in form: a button for each user, who needs no password, and one to refuse. */
export function signInPage(c: Context, { action, users, redirectUrl }: SignInChoices) {
  const { origin } = new URL(redirectUrl);
  return page(c, {
    title: 'Sign in to the sandbox',
    // Browsers apply this list to the redirect after the form, too.
    formTargets: ["'self'", origin],
    content: html`
      <p>This is the sandbox’s identity provider, instead of your company’s. The people are fictional, and no password is needed.</p>
      <p>You will go back to <strong>${origin}</strong>. Who are you?</p>
      <form method="post" action="${action}">
        ${users.map(
          ({ id, full_name, username, roles }) => html`<button name="user" value="${id}">
          <strong>${full_name}</strong> <span>${username}</span> <span>${roles.join(', ')}</span>
        </button>
        `,
        )}<button>Refuse to sign in</button>
      </form>`,
  });
}

/** The page that the browser shows if it must not return. */
export function refusalPage(c: Context, reason: string) {
  c.status(400);
  return page(c, {
    title: 'The sandbox cannot sign you in',
    formTargets: ["'none'"],
    content: html`<p>${reason}</p>`,
  });
}

interface Page {
  title: string;
  formTargets: readonly string[];
  content: HtmlEscapedString | Promise<HtmlEscapedString>;
}

function page(c: Context, { title, formTargets, content }: Page) {
  c.header('Cache-Control', 'no-store');
  c.header('Referrer-Policy', 'no-referrer');
  c.header('X-Content-Type-Options', 'nosniff');
  c.header(
    'Content-Security-Policy',
    `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action ${formTargets.join(' ')}; base-uri 'none'; frame-ancestors 'none'`,
  );
  return c.html(html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    <style>${raw(STYLE)}</style>
  </head>
  <body>
    <main>
      <h1>${title}</h1>
      ${content}
    </main>
  </body>
</html>
`);
}

import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import { Hono } from 'hono';
import { getSignedCookie, setSignedCookie } from 'hono/cookie';
import { html } from 'hono/html';

export interface ServerSettings {
  /** The URL of the service, such as `https://YOUR-SERVICE.twil.io`. */
  readonly service: string;
  /** A backend key with the scope `mint`. It never leaves this server. */
  readonly backendKey: string;
  /** Your users: their passwords by Flex user name. */
  readonly passwords: Readonly<Record<string, string>>;
}

/** A server with its own users, who sign in with a password and get a Flex token for their session. */
export function createServer({ service, backendKey, passwords }: ServerSettings): Hono {
  const secret = randomBytes(32).toString('base64url');
  const salt = randomBytes(16);
  const hashes = new Map(Object.entries(passwords).map(([name, password]) => [name, scryptSync(password, salt, 32)]));
  const app = new Hono();

  app.get('/', (c) =>
    c.html(html`<!doctype html>
      <html lang="en"><title>A server with its own users</title><link rel="icon" href="data:,">
        <form method="post" action="sign-in">
          <label>User name <input name="username" autocomplete="username"></label>
          <label>Password <input name="password" type="password" autocomplete="current-password"></label>
          <button>Sign in</button>
        </form>
      </html>`),
  );

  app.post('/sign-in', async (c) => {
    const { username, password } = await c.req.parseBody();
    // Hashed for unknown users too, so that the time does not tell whether a user exists.
    const shown = scryptSync(String(password), salt, 32);
    const stored = hashes.get(String(username)) ?? randomBytes(32);
    if (!timingSafeEqual(shown, stored)) return c.text('Wrong user name or password. Go back and try again.', 401);
    const secure = new URL(c.req.url).protocol === 'https:';
    // Strict: other sites cannot use the session.
    await setSignedCookie(c, 'session', String(username), secret, { httpOnly: true, sameSite: 'Strict', secure });
    // `app.ts` creates the Flex client.
    return c.html(html`<!doctype html>
      <html lang="en"><title>A server with its own users</title><link rel="icon" href="data:,">
        <h1>Signed in</h1><p role="status"></p><p role="alert"></p>
        <script type="module" src="app.js"></script>
      </html>`);
  });

  // The page calls this for each token, as `getToken` of `connect`.
  app.post('/flex-token', async (c) => {
    c.header('Cache-Control', 'no-store');
    const username = await getSignedCookie(c, secret, 'session');
    if (!username) return c.json({ message: 'Sign in first.' }, 401);
    const minted = await fetch(`${service}/mint`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${backendKey}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ username }),
    });
    return c.newResponse(await minted.text(), minted.ok ? 200 : 502, { 'Content-Type': 'application/json' });
  });

  return app;
}

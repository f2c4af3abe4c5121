import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Adds to a built page a script that reloads it when the server at that origin says so. */
export function addReload(assets: string, origin: string): void {
  writeFileSync(
    join(assets, 'reload.js'),
    `new EventSource(${JSON.stringify(origin)}).onmessage = () => location.reload();\n`,
  );
  const page = join(assets, 'login.html');
  const html = readFileSync(page, 'utf8')
    .replace(/(?=; base-uri )/, ` ${origin}`)
    .replace(/(?=<\/head>)/, '  <script type="module" src="reload.js"></script>\n  ');
  writeFileSync(page, html);
}

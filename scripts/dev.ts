import { reportFailure } from '../local/failure';
import { readPort } from './serve/port';
import { serveLocally } from './serve/serve';
import { watchProject } from './serve/watch';

/** `npm start` that rebuilds and reloads when a file is saved. */
async function main(): Promise<void> {
  await serveLocally(readPort('npm run dev'), watchProject);
}

main().catch((error: unknown) => {
  reportFailure(error);
  process.exit();
});

import { reportFailure } from '../local/failure';
import { readPort } from './serve/port';
import { serveLocally } from './serve/serve';

async function main(): Promise<void> {
  await serveLocally(readPort('npm start'));
}

main().catch((error: unknown) => {
  reportFailure(error);
  process.exit();
});

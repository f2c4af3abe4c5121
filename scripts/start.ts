import { reportFailure } from '../local/failure';
import { readPort } from './serve/port';
import { serve } from './serve/serve';

async function main(): Promise<void> {
  await serve(readPort('npm start'));
}

main().catch((error: unknown) => {
  reportFailure(error);
  process.exit();
});

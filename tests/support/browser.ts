import { chromiumProgram } from '../../local/chromium';
import build from './build';

/** Runs once before all browser tests. Without a browser, says so, and lets the tests that need none run. */
export default async function setUp(): Promise<void> {
  await build();
  try {
    process.env.CHROMIUM_PATH = await chromiumProgram();
  } catch (error) {
    delete process.env.CHROMIUM_PATH;
    process.stderr.write(`${(error as Error).message}\nThe browser tests are skipped, so this run will fail.\n`);
  }
}

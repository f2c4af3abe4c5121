import { execFile } from 'node:child_process';
import type { Variables } from '../../local/twilio-run';
import type { Checkout } from './checkout';

/** How a command ended. */
export interface ScriptResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `npm run <script>` in a checkout, to its end. */
export function runScript(
  { folder }: Checkout,
  script: string,
  parameters: readonly string[],
  environment: Variables = {},
): Promise<ScriptResult> {
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { ...process.env, ...environment } };
    execFile('npm', ['--silent', 'run', script, '--', ...parameters], options, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

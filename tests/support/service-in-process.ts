import { once } from 'node:events';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { Variables } from '../../local/twilio-run';
import { interceptTwilio } from '../../sandbox/interception';
import { type SandboxOptions, startSandbox } from '../../sandbox/server';
import { handler as config } from '../../src/functions/config';
import { handler as deprovision } from '../../src/functions/deprovision';
import { handler as lookup } from '../../src/functions/lookup';
import { handler as mint } from '../../src/functions/mint';
import { handler as provision } from '../../src/functions/provision';
import type { Handler } from '../../src/http/serve';
import './call';
import type { Service } from '../../local/running-service';

// Replaces `service.ts` if the tests' process must run the sources, as for mutation tests: the same tests, over HTTP too,
// without the build and `twilio-run`. The platform's own modules parse the request.

const platform = createRequire(require.resolve('@twilio/runtime-handler/dev'));
const express = platform('express');
const bodyParser = platform('body-parser');
const { constructEvent } = platform('./route');

const FUNCTIONS: Readonly<Record<string, Handler>> = { config, deprovision, lookup, mint, provision };

/** As in `service.ts`. */
export async function startService(variables: Variables = {}, options: SandboxOptions = {}): Promise<Service> {
  const sandbox = await startSandbox(options);
  const endInterception = interceptTwilio(sandbox.origin);
  const account = sandbox.environment();
  const keys = [account.BACKEND_KEYS, variables.BACKEND_KEYS].filter(Boolean).join(',');
  const context = { ...variables, ...account, BACKEND_KEYS: keys, DOMAIN_NAME: 'localhost' };

  let lines: Record<string, unknown>[] = [];
  const spies = (['info', 'warn', 'error'] as const).map((level) =>
    jest.spyOn(console, level).mockImplementation((...line: unknown[]) => {
      lines.push(JSON.parse(String(line[0])));
    }),
  );

  const app = express().use(bodyParser.urlencoded({ extended: false }), bodyParser.json());
  for (const [name, handler] of Object.entries(FUNCTIONS)) {
    app.all(`/${name}`, (request: unknown, response: unknown) =>
      handler(context as unknown as Parameters<Handler>[0], constructEvent(request), (_, answer) =>
        (answer as { applyToExpressResponse: (response: unknown) => void }).applyToExpressResponse(response),
      ),
    );
  }
  const server: Server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sandbox,
    log: () => lines,
    forgetLog: () => {
      lines = [];
    },
    close: async () => {
      for (const spy of spies) spy.mockRestore();
      server.closeAllConnections();
      server.close();
      endInterception();
      await sandbox.close();
    },
  };
}

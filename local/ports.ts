import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** Returns a port of this machine that is free at the moment. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0);
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/**
 * Checks a port before twilio-run does, which would prompt for another one.
 *
 * @throws {Error} if the port is taken; the message says what to do
 */
export function assertPortIsFree(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? portIsTaken(port) : new Error(error.message));
    });
    probe.listen(port, () => probe.close(() => resolve()));
  });
}

export const portIsTaken = (port: number): Error =>
  new Error(`Port ${port} is taken. Stop the program that uses it, or choose another port: -- --port ${port + 1}`);

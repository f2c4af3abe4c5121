import { parseArgs } from 'node:util';

/** Reads `--port`, or else the variable PORT; 3000 by default. */
export function readPort(command: string): number {
  const text = readOption(command) || process.env.PORT || '3000';
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`${text} is not a port: use 1 to 65535.`);
  return port;
}

function readOption(command: string): string | undefined {
  try {
    return parseArgs({ options: { port: { type: 'string', short: 'p' } } }).values.port;
  } catch {
    throw new Error(`${command} has one option, --port: ${command} -- --port 4000`);
  }
}

/** The signals that end a command. */
export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** Handles them from now on, instead of the handler before. */
export function onSignal(handle: () => void): void {
  for (const signal of SIGNALS) process.removeAllListeners(signal).on(signal, handle);
}

/** The levels that the logger of the Flex SDK knows. It throws on any other (`@twilio/flex-sdk` 3.0.0). */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

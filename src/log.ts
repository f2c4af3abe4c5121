import type { FunctionName } from './contract/functions';

/** One line of the log, a JSON object. Lists all that a line can hold. Tokens, secrets, email addresses and usernames must not be logged. */
export interface LogLine {
  readonly operation: FunctionName;
  /** `ok`, the code of the error, or `origin_refused`. */
  readonly outcome: string;
  readonly status?: number | undefined;
  readonly ms?: number | undefined;
  caller?: CallerInLog | undefined;
  /** The user that the call was about. */
  flex_user_sid?: string | undefined;
  /** Of Twilio's responses, for Twilio Support. */
  request_ids?: readonly string[] | undefined;
  readonly reason?: string | undefined;
  readonly upstream?: object | undefined;
  readonly origin?: string | undefined;
  readonly message?: string | undefined;
}

export type CallerInLog =
  | { readonly kind: 'flex-user' | 'identity-provider'; readonly flex_user_sid: string | undefined }
  | { readonly kind: 'backend-key'; readonly key: string };

export function writeLog(level: 'info' | 'warn' | 'error', line: LogLine): void {
  console[level](JSON.stringify(line));
}

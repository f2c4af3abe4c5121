import type { FunctionName } from './contract/functions';

/** One line of the log: one JSON object. What may stand in it is listed here; tokens, secrets, e-mail addresses and user names may not. */
export interface LogLine {
  readonly operation: FunctionName;
  /** `ok`, the code of the error, or `origin_refused`. */
  readonly outcome: string;
  readonly status?: number | undefined;
  readonly ms?: number | undefined;
  caller?: CallerInLog | undefined;
  /** Whom it was about. */
  flex_user_sid?: string | undefined;
  /** Of Twilio's answers, for its support. */
  request_ids?: readonly string[] | undefined;
  readonly reason?: string | undefined;
  readonly upstream?: object | undefined;
  readonly origin?: string | undefined;
  readonly message?: string | undefined;
}

export type CallerInLog =
  | { readonly kind: 'flex-user'; readonly flex_user_sid: string | undefined }
  | { readonly kind: 'identity-provider' }
  | { readonly kind: 'backend-key'; readonly key: string };

export function writeLog(level: 'info' | 'warn' | 'error', line: LogLine): void {
  console[level](JSON.stringify(line));
}

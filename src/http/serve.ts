import type { Context, ServerlessCallback } from '@twilio-labs/serverless-runtime-types/types';
import type { FunctionName } from '../contract/functions';
import { ApiError } from '../errors';
import { type LogLine, writeLog } from '../log';
import { MAX_ORIGIN_LENGTH, parseOrigin } from '../settings/origin';
import { type Environment, readAllowedOrigins } from '../settings/settings';
import { corsHeaders } from './cors';
import { readHeader } from './headers';
import { type Reply, toApiError, toErrorReply, toTwilioResponse } from './reply';

/** The platform ends a Function after 10 s, and the response must arrive within 9 s. */
const RESPONSE_LIMIT_MS = 8500;

export type Handler = (context: Context & Environment, event: unknown, callback: ServerlessCallback) => Promise<void>;

export interface Call {
  readonly context: Environment;
  readonly event: unknown;
  /** When the response must be sent, on the clock of `performance.now()`. */
  readonly deadlineMs: number;
  /** What the log has even if the call fails. Filled in as it becomes known. */
  readonly log: Partial<LogLine>;
}

/**
 * Creates a handler that responds exactly once and in time, whatever happens, with CORS headers, and writes one line to the log,
 * or two if the caller's origin is not listed.
 *
 * @param run may throw: an `ApiError` becomes the error that it describes, anything else `internal_error`
 */
export function serve(operation: FunctionName, run: (call: Call) => Promise<Reply>): Handler {
  return async (context, event, callback) => {
    const startedMs = performance.now();
    const call: Call = { context, event, deadlineMs: startedMs + RESPONSE_LIMIT_MS, log: {} };
    const { reply, outcome } = await withinLimit(run(call)).then(
      (reply) => ({ reply, outcome: { outcome: 'ok' } }),
      (thrown: unknown) => {
        const error = toApiError(thrown);
        const { upstream, reason } = error.options;
        return { reply: toErrorReply(error), outcome: { outcome: error.code, upstream, reason } };
      },
    );
    writeLog(levelOf(reply), {
      operation,
      ...outcome,
      status: reply.status,
      ms: Math.round(performance.now() - startedMs),
      ...call.log,
      flex_user_sid: reply.flexUserSid ?? call.log.flex_user_sid,
    });
    callback(
      null,
      toTwilioResponse({ ...reply, headers: { ...reply.headers, ...readableBy(operation, context, event) } }),
    );
  };
}

async function withinLimit(work: Promise<Reply>): Promise<Reply> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    const giveUp = () =>
      reject(
        new ApiError(
          'upstream_timeout',
          'Twilio or the identity provider took too long to respond. Retry in a moment.',
          { reason: `no response within ${RESPONSE_LIMIT_MS} ms` },
        ),
      );
    timer = setTimeout(giveUp, RESPONSE_LIMIT_MS);
  });
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
}

function readableBy(operation: FunctionName, context: Environment, event: unknown): Record<string, string> {
  const header = readHeader(event, 'origin');
  const origin = typeof header === 'string' ? header : undefined;
  const domainName = String(context.DOMAIN_NAME);
  const headers = corsHeaders(origin, { allowedOrigins: readAllowedOrigins(context), domainName });
  const isOwn = origin === `https://${domainName}`;
  if (origin !== undefined && !isOwn && !('Access-Control-Allow-Origin' in headers)) {
    const name = nameOf(origin);
    writeLog('warn', {
      operation,
      outcome: 'origin_refused',
      origin: name,
      message:
        parseOrigin(name) === undefined
          ? 'Pages of this origin cannot read the responses. ALLOWED_ORIGINS accepts only http and https origins.'
          : 'Pages of this origin cannot read the responses. If they should, add it to ALLOWED_ORIGINS, then deploy or restart.',
    });
  }
  return headers;
}

/** `null` is the origin of a file or a sandboxed frame. Browser extensions and apps use other schemes. */
const ORIGIN_OF_ANY_SCHEME = /^(null|[a-z][a-z0-9+.-]*:\/\/[a-z0-9.-]+(:\d+)?)$/i;

/** Returns an origin as a browser writes it. The header can hold anything else, which does not belong in the log. */
function nameOf(header: string): string {
  const start = header.slice(0, MAX_ORIGIN_LENGTH);
  const origin = URL.canParse(start) ? new URL(start).origin : 'null';
  if (origin !== 'null') return origin;
  return ORIGIN_OF_ANY_SCHEME.test(start) ? start : 'not an origin';
}

const levelOf = ({ status }: Reply) => (status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info');

import { isRecord } from '../../json';
import type { FailureKind } from './sentences';

/**
 * A failure that a person can do something about.
 * `detail` is text from elsewhere (the identity provider, the URL): show it as text, never as markup.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  constructor(
    readonly kind: FailureKind,
    readonly detail?: string,
  ) {
    super(kind);
  }
}

/** By name: each of the two bundles has its own class `Failure`. */
function isFailure(error: unknown): error is Failure {
  return error instanceof Error && error.name === 'Failure' && 'kind' in error;
}

/** SDK codes that mean "no proper response" rather than "no". 48927 covers every error without a code (`@twilio/flex-sdk` 3.0.0). */
const NO_RESPONSE_CODES = new Set([20429, 20500, 20503, 48919, 48921, 48922, 48924, 48927]);

/** Whether a step failed for lack of a response, rather than by a refusal: a retry may then succeed. */
export function isNoResponse(error: unknown): boolean {
  if (isFailure(error)) return ['too-slow', 'unreachable', 'incomplete'].includes(error.kind);
  return NO_RESPONSE_CODES.has(sdkCode(error) ?? 0);
}

/** The second is Firefox's. */
const QUOTA_ERRORS: readonly unknown[] = ['QuotaExceededError', 'NS_ERROR_DOM_QUOTA_REACHED'];

/** Returns the failure to show for what a step threw. `refusal` is what a refusal by Twilio means at that step. */
export function asFailure(error: unknown, refusal: FailureKind = 'unexpected'): Failure {
  if (isFailure(error)) return error;
  if (isNoResponse(error)) return new Failure('unreachable');
  if (isRecord(error) && QUOTA_ERRORS.includes(error.name)) return new Failure('storage');
  return new Failure(sdkCode(error) === undefined ? 'unexpected' : refusal);
}

function sdkCode(error: unknown): number | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : undefined;
}

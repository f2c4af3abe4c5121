import { isRecord } from '../json';

/** The ways a sign-in can fail that a person can do something about; `sentences.ts` says what. */
export type FailureKind =
  | 'settings'
  | 'no-configuration'
  | 'account'
  | 'unreachable'
  | 'too-slow'
  | 'missing'
  | 'old'
  | 'mismatch'
  | 'denied'
  | 'untrusted'
  | 'provider'
  | 'loop'
  | 'refused'
  | 'clock'
  | 'ended'
  | 'maximum'
  | 'not-renewed'
  | 'no-token'
  | 'token'
  | 'incomplete'
  | 'client'
  | 'return-to'
  | 'popup-origin'
  | 'no-opener'
  | 'storage'
  | 'copy'
  | 'unexpected';

/**
 * A failure that a person can do something about.
 * `detail` is text from elsewhere (the identity provider, the address bar): show it as text, never as markup.
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

/** By name: each of the two bundles has a class `Failure` of its own. */
function isFailure(error: unknown): error is Failure {
  return error instanceof Error && error.name === 'Failure' && 'kind' in error;
}

/** Codes of the SDK that say "no proper answer came" rather than "no". 48927 stands for every error without a code of its own. */
const NO_ANSWER = new Set([20429, 20500, 20503, 48919, 48921, 48922, 48924, 48927]);

/** Was there no answer, as opposed to a refusal? Then it is worth while to try the same again. */
export function isNoAnswer(error: unknown): boolean {
  if (isFailure(error)) return ['too-slow', 'unreachable', 'incomplete'].includes(error.kind);
  return NO_ANSWER.has(sdkCode(error) ?? 0);
}

/** The failure to show for what a step threw, where a refusal by Twilio means `refusal`. */
export function asFailure(error: unknown, refusal: FailureKind = 'unexpected'): Failure {
  if (isFailure(error)) return error;
  if (isNoAnswer(error)) return new Failure('unreachable');
  if (isRecord(error) && error.name === 'QuotaExceededError') return new Failure('storage');
  return new Failure(sdkCode(error) === undefined ? 'unexpected' : refusal);
}

function sdkCode(error: unknown): number | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : undefined;
}

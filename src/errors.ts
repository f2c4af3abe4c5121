import { type ErrorCode, STATUS_OF_CODE } from './contract/error-codes';
import type { ErrorBody, FieldFault, UpstreamRefusal } from './contract/responses';

interface ApiErrorOptions {
  readonly details?: readonly FieldFault[];
  readonly upstream?: UpstreamRefusal;
  /** The upstream's `Retry-After`, passed on unchanged: seconds or an HTTP date. */
  readonly retryAfter?: string | undefined;
  /** The user that the call was about, if known. Only for the log. */
  readonly flexUserSid?: string | undefined;
  /** The precise reason, only for the log. Must not contain secrets, tokens or personal data. */
  readonly reason?: string;
}

/** A failure that the caller is told about. `message` reaches the caller: it says what to do next and holds nothing secret. */
export class ApiError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly options: ApiErrorOptions = {},
  ) {
    super(message);
  }

  get status(): number {
    return STATUS_OF_CODE[this.code];
  }

  toBody(): ErrorBody {
    const { details, upstream } = this.options;
    return {
      status: this.status,
      code: this.code,
      message: this.message,
      ...(details && { details }),
      ...(upstream && { upstream }),
    };
  }
}

import { type ErrorCode, STATUS_OF_CODE } from './contract/error-codes';

export type { ErrorCode };

/** A field of the request that is at fault, and what it should be. */
export interface FieldFault {
  readonly field: string;
  readonly message: string;
}

/** What Twilio answered where it said no: HTTP status, Twilio's error code, and the request id that its support asks for. */
export interface UpstreamRefusal {
  readonly status: number;
  readonly code?: number;
  readonly request_id?: string;
}

interface ApiErrorOptions {
  readonly details?: readonly FieldFault[];
  readonly upstream?: UpstreamRefusal;
  /** Twilio's `Retry-After`, passed on as it is: seconds or an HTTP date. */
  readonly retryAfter?: string | undefined;
  /** Whom it was about, where that has been found out: for the log alone. */
  readonly flexUserSid?: string;
  /** The precise half, for the log alone; it must be free of secrets, tokens and personal data. */
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

  /** The one shape in which every error is answered. */
  toBody() {
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

import { UpstreamFailure } from './failure';
import { isTime } from './retry-after';

/** Hundreds of times the size of any response that Twilio or an identity provider documents. */
const MAX_RESPONSE_BYTES = 1024 * 1024;

/** A complete HTTP response from Twilio or from an identity provider. */
export interface UpstreamResponse {
  readonly status: number;
  readonly text: string;
  /** `Twilio-Request-Id` (`RQ…`), which Twilio Support needs. Other services do not send it. */
  readonly requestId: string | undefined;
  /** `Retry-After` as received: seconds, or an HTTP date. `undefined` if it is neither. */
  readonly retryAfter: string | undefined;
}

/** @param header returns a response header by its lower-case name */
export function toUpstreamResponse(
  status: number,
  text: string,
  header: (name: string) => string | undefined,
): UpstreamResponse {
  const requestId = header('twilio-request-id');
  const retryAfter = header('retry-after');
  return {
    status,
    text,
    requestId: requestId && /^RQ[0-9a-f]{32}$/i.test(requestId) ? requestId : undefined,
    retryAfter: retryAfter !== undefined && isTime(retryAfter) ? retryAfter : undefined,
  };
}

/** Collects the body of a response, up to a limit: a Function has little memory. */
export class ResponseBody {
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;

  /** @throws {UpstreamFailure} `too-large` */
  add(chunk: Uint8Array | string): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    this.#bytes += bytes.length;
    if (this.#bytes > MAX_RESPONSE_BYTES) throw new UpstreamFailure('too-large');
    this.#chunks.push(bytes);
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}

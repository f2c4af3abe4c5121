/** The time that a `Retry-After` names, in milliseconds since 1970. It is seconds or a date (RFC 9110, section 10.2.3). */
function timeOf(retryAfter: string): number {
  if (/^\d{1,9}$/.test(retryAfter)) return Date.now() + Number(retryAfter) * 1000;
  return retryAfter.endsWith(' GMT') ? Date.parse(retryAfter) : Number.NaN;
}

/** Whether a header value is a `Retry-After` that can be honored and passed on. */
export const isTime = (retryAfter: string): boolean => retryAfter.length < 64 && Number.isFinite(timeOf(retryAfter));

/** Milliseconds from now; negative if the time has passed, 0 without a header. */
export const retryAfterMs = (retryAfter: string | undefined): number =>
  retryAfter === undefined ? 0 : timeOf(retryAfter) - Date.now();
